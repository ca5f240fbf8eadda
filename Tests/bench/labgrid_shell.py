"""Seconds of each of 200 commands by labgrid's QEMUDriver and ShellDriver on the default guest's console.
Arguments: the kernel, the initramfs, the kernel's command line."""

import sys
import time

from labgrid import Environment, Target
from labgrid.driver import QEMUDriver, ShellDriver

kernel, initramfs, line = sys.argv[1:]


class Config:
    """What QEMUDriver asks an environment's configuration."""

    def get_tool(self, name):
        return name

    def get_image_path(self, name):
        return name


class Named(Environment):
    def __init__(self):
        self.config = Config()


target = Target("guest", env=Named())
# The agent is the guest's init, and waits for its port; nobody listens there.
machine = QEMUDriver(
    target, "qemu", qemu_bin="qemu-system-x86_64", machine="q35", cpu="max", memory="256M", kernel=kernel,
    boot_args=line,
    extra_args=f"-initrd {initramfs} -accel tcg -nodefaults -no-reboot -device virtio-serial-pci"
    " -chardev null,id=agent -device virtserialport,chardev=agent,name=org.vmscript.agent")
shell = ShellDriver(target, "shell", prompt=r"/root # ", login_prompt="login: ", username="root")
target.activate(machine)
machine.on()
try:
    target.activate(shell)
    for _ in range(20):
        shell.run_check("true")
    time.sleep(1)
    for _ in range(200):
        started = time.perf_counter()
        shell.run_check("true")
        print("labgrid", time.perf_counter() - started)
finally:
    machine.off()
