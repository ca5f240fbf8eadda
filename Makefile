# make demo, make test, make build … ; `make help` lists them all.

# What building, running and testing need of the distribution, beside the Swift toolchain.
BUILD_PACKAGES = liblua5.4-dev pkg-config
RUN_PACKAGES = qemu-system-x86 qemu-utils ovmf swtpm libarchive13 libedit2
TEST_PACKAGES = lua5.4 graphviz lua-check lua-cjson tpm2-tools qemu-system-arm qemu-efi-aarch64 cpio curl \
	lua-socket luarocks libxml2-utils etcd-server protobuf-compiler python3-venv chromium tshark iproute2 vde2 $(IMAGE_PACKAGES)
# For vmscript.debian.
IMAGE_PACKAGES = mmdebstrap e2fsprogs fdisk dosfstools mtools binutils

VMSCRIPT = .build/release/vmscript
SWIFT_FOLDERS = Package.swift Plugins Sources Tests

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: core run-packages  ## install what is missing, build, prepare the guest, split a network
	$(VMSCRIPT) guest
	$(VMSCRIPT) run scripts/netsplit.lua

build: build-packages  ## leave the release binaries vmscript and vmscript-grpc in .build/release
	swift build -c release --static-swift-stdlib

core: build-packages  # without vmscript-grpc, which takes most of the time
	swift build -c release --static-swift-stdlib --product vmscript

test: build run-packages test-packages  ## install what is missing, build, run every test
	swift format lint --strict --recursive $(SWIFT_FOLDERS)
	luacheck --quiet stdlib scripts Tests/Scripts
	$(VMSCRIPT) guest
	$(VMSCRIPT) guest --packages redis-server redis-sentinel --modules bridge
	$(VMSCRIPT) guest --packages keepalived --modules bridge
	$(VMSCRIPT) guest --packages tpm2-tools
	$(VMSCRIPT) run Tests/Scripts/guest-software.lua
	$(VMSCRIPT) run scripts/debian-image.lua
	VMSCRIPT=$(CURDIR)/$(VMSCRIPT) VMSCRIPT_TEST_PYTHON=$$(Tests/python.sh) \
	  swift test --no-parallel --disable-default-traits
	Tests/sanitize.sh

soak: build run-packages  ## the long stress runs
	VMSCRIPT=$(CURDIR)/$(VMSCRIPT) Tests/soak.py

bench: build run-packages test-packages  ## timings against bare QEMU and lua5.4, as ratios
	VMSCRIPT=$(CURDIR)/$(VMSCRIPT) Tests/bench.py

build-packages:
	@Tests/packages.sh $(BUILD_PACKAGES)
run-packages:
	@Tests/packages.sh $(RUN_PACKAGES)
test-packages:
	@Tests/packages.sh $(TEST_PACKAGES)

.PHONY: help demo build core test soak bench build-packages run-packages test-packages
