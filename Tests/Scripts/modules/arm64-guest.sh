#!/bin/sh
# Makes an arm64 kernel and an initramfs in a folder, once, without root: Debian's packages, by apt
# with a root of its own, so that the host need not know the architecture.
set -eu
folder=$1
if test -e "$folder/initramfs"; then exit 0; fi
work=$folder.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root/bin" "$work/root/dev"
: >"$work/status"
cd "$work"
apt() {
  command=$1
  shift
  "$command" -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$work" \
    -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" \
    -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
apt apt-get update >/dev/null
kernel=$(apt apt-cache depends linux-image-cloud-arm64 | sed -n 's/^ *Depends: *//p' | head -n 1)
apt apt-get download "$kernel" busybox-static >/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" files; done
cp files/bin/busybox root/bin/busybox
cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs none /dev
echo "hello from $(/bin/busybox uname -m)"
while read -r line; do
  case $line in
    panic) exit 1 ;;
    reboot | poweroff) /bin/busybox "$line" -f ;;
    *) echo "you said: $line" ;;
  esac
done
INIT
chmod +x root/init
(cd root && find . | cpio --quiet -o -H newc -R 0:0) >initramfs
mkdir -p "$folder"
mv files/boot/vmlinuz-* "$folder/kernel"
mv initramfs "$folder/initramfs"
