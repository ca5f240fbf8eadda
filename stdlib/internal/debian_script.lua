-- The shell script that builds a Debian image. It runs in the folder that becomes the image's, with
-- the recipe's values as variables before it (stdlib/debian.lua), and needs neither root nor loop
-- devices: mmdebstrap unpacks the system where it is root or plays it, and there mke2fs fills the
-- file system from a folder.
return [=[
export LC_ALL=C
umask 022
mebi=1048576
linux_root=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709  # a root for x86-64 (Discoverable Partitions)
esp=128  # MiB of the EFI system partition, which begins at 1 MiB; the root follows it
# As root the half-made system goes with the run's own files. Who plays root must be let in there.
if [ "$(id -u)" = 0 ]; then TMPDIR=$stage; fi
export TMPDIR="${TMPDIR:-/var/tmp}"

# The host's own sources for the suite, whatever mirror they name; components tell Debian's from
# others that use its code names. They are only asked for when the script gave no mirror.
if [ -z "$mirror" ]; then
  sources=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 2>/dev/null | awk -v suite="$suite" '
      $2 ~ "^" suite "(-updates|-security|/updates)?$" &&
      $3 ~ "^(main|contrib|non-free|non-free-firmware)$" { print "deb", $0 }' | sort -u)
fi
if [ -z "$sources" ]; then sources="deb ${mirror:-http://deb.debian.org/debian} $suite main"; fi
proxy=$(apt-config dump --format '%f "%v";%n' Acquire::http::Proxy Acquire::https::Proxy)

# Only what a virtual machine may need to find its root; the cloud kernel has virtio as modules.
before='
cd "$1"
mkdir -p etc/initramfs-tools/conf.d etc/initramfs-tools/hooks usr/share/initramfs-tools/modules.d
printf "MODULES=list\nCOMPRESS=zstd\nFSTYPE=ext4\n" >etc/initramfs-tools/conf.d/vmscript
printf "%s\n" virtio_pci virtio_blk >usr/share/initramfs-tools/modules.d/vmscript
printf "%s\n" "#!/bin/sh" "[ \"\$1\" = prereqs ] && exit" \
  ". /usr/share/initramfs-tools/hook-functions" \
  "manual_add_modules ext4 virtio_mmio virtio_scsi ahci sd_mod nvme" \
  >etc/initramfs-tools/hooks/vmscript
chmod 755 etc/initramfs-tools/hooks/vmscript'

# What a guest of a test does not want: jobs that wake up in the middle, waits for a network that is
# not there, a console that nobody sees. Each clone makes its own machine id and SSH keys.
settle='
cd "$1"
rm -f etc/resolv.conf etc/hostname etc/ssh/ssh_host_*
echo "nameserver 10.42.0.3" >etc/resolv.conf
echo "$hostname" >etc/hostname
printf "127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost\n" "$hostname" >etc/hosts
rm -f etc/fstab
mkdir -p etc/systemd/network etc/systemd/system etc/systemd/journald.conf.d
printf "%s\n" "[Match]" Type=ether "[Network]" DHCP=yes "[DHCPv4]" ClientIdentifier=mac \
  "[Link]" RequiredForOnline=no >etc/systemd/network/80-vmscript.network
printf "[Journal]\nForwardToConsole=no\nRuntimeMaxUse=16M\nSystemMaxUse=64M\n" \
  >etc/systemd/journald.conf.d/vmscript.conf
chroot . systemctl --quiet enable systemd-networkd.service
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer getty@tty1.service modprobe@configfs.service \
  modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service \
  modprobe@loop.service sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-fs-fuse-connections.mount dev-mqueue.mount dev-hugepages.mount kmod-static-nodes.service \
  proc-sys-fs-binfmt_misc.automount systemd-ask-password-console.path \
  systemd-ask-password-wall.path systemd-machine-id-commit.service systemd-modules-load.service \
  systemd-network-generator.service systemd-networkd-wait-online.service systemd-pcrphase.service \
  systemd-pcrphase-sysinit.service systemd-random-seed.service systemd-sysusers.service \
  systemd-timesyncd.service systemd-update-utmp.service systemd-update-utmp-runlevel.service; do
  ln -sf /dev/null "etc/systemd/system/$unit"
done
# By aliases of the processor, udev would load modules that nobody asked for.
printf "blacklist %s\n" kvm_amd kvm_intel aesni_intel crc32_pclmul crc32c_intel crct10dif_pclmul \
  ghash_clmulni_intel sha1_ssse3 sha256_ssse3 sha512_ssse3 >etc/modprobe.d/vmscript.conf
if [ -e usr/sbin/sshd ]; then
  printf "%s\n" "[Unit]" "Before=ssh.service" "ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key" \
    "[Service]" "Type=oneshot" \
    "ExecStart=ssh-keygen -q -t ed25519 -N \"\" -f /etc/ssh/ssh_host_ed25519_key" \
    "[Install]" "RequiredBy=ssh.service" >etc/systemd/system/vmscript-ssh-key.service
  chroot . systemctl --quiet enable vmscript-ssh-key.service
fi'

# What is mounted in the folder and what mmdebstrap put there for its own time is not the image's: a
# second view of the folder does not show the one, and the other is undone, for nothing is kept of
# the folder but this. /mnt, empty by custom, holds the result, and seems empty in the view.
pack='
cd "$1"
apt-get --quiet=2 -o Dir="$1" clean 2>/dev/null || true
rm -rf var/lib/apt/lists/* var/cache/apt/*.bin
rm -rf var/log/apt var/log/dpkg.log var/log/alternatives.log
rm -rf tmp/* run/* var/lib/dbus/machine-id etc/apt/apt.conf.d/00mmdebstrap usr/sbin/policy-rc.d
if [ -e sbin/start-stop-daemon.REAL ]; then
  mv sbin/start-stop-daemon.REAL sbin/start-stop-daemon
fi
: >etc/machine-id
mkdir mnt/view
mount --bind "$1" mnt/view
mount --bind srv mnt/view/mnt
truncate --size "$size" mnt/disk
mke2fs -q -t ext4 -L root -m 0 -O ^orphan_file,^metadata_csum_seed \
  -E offset=$((($esp + 1) * $mebi)),assume_storage_prezeroed=1,root_owner=0:0,nodiscard \
  -d mnt/view mnt/disk $(($size / 1024 - ($esp + 2) * 1024))k
umount mnt/view/mnt mnt/view
cp boot/vmlinuz-* mnt/kernel
cp boot/initrd.img-* mnt/initramfs
cp usr/lib/systemd/boot/efi/linuxx64.efi.stub mnt/stub
tar -C mnt --sparse -cf mnt/result.tar disk kernel initramfs stub'

# Hooks know no variables but these.
export hostname root_id size esp mebi
printf '%s\n' "$sources" >"$stage/sources.list"
# Without the folders, whose modes are the image's own.
mkdir -p "$stage/files"
(cd "$stage/files" && find . -type f -print0) |
  tar -C "$stage/files" --null --files-from=- --owner=0 --group=0 -cf "$stage/files.tar"
mmdebstrap --verbose --variant=minbase --format=null --include="$packages" --skip=cleanup \
  --aptopt='Acquire::Retries "3";' ${proxy:+--aptopt="$proxy"} \
  --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook="$before" --customize-hook="$settle" \
  --customize-hook="tar-in '$stage/files.tar' /" --customize-hook="$(cat "$stage/customise")" \
  --customize-hook="$pack" --customize-hook="download /mnt/result.tar '$stage/result.tar'" \
  "$suite" /dev/null "$stage/sources.list"
tar --sparse -xf "$stage/result.tar"
rm "$stage/result.tar"

# A unified kernel image: the stub is a program for the firmware that has the rest in sections, at
# addresses of which no two overlap.
printf '%s' "$cmdline" >"$stage/cmdline"
at() { objcopy --add-section "$1=$2" --change-section-vma "$1=$3" stub stub; }
at .cmdline "$stage/cmdline" 0x30000
at .linux kernel 0x2000000
at .initrd initramfs 0x4000000
truncate --size $size disk
sfdisk --quiet --wipe never --wipe-partitions never disk <<END
label: gpt
label-id: $disk_id
start=1MiB, size=${esp}MiB, type=U, uuid=$esp_id
start=$((esp + 1))MiB, size=$((size / mebi - esp - 2))MiB, type=$linux_root, uuid=$root_id
END
mkfs.vfat -F 16 -n ESP --offset 2048 disk $((esp * 1024)) >/dev/null
mmd -i disk@@1M ::EFI ::EFI/BOOT
mcopy -i disk@@1M stub ::EFI/BOOT/BOOTX64.EFI
rm stub
]=]
