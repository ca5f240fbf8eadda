import Processes
import Testing

@testable import Diagnosis

@Suite struct RemedyTests {
  @Test(arguments: [
    ("NAME=x\nID=debian\n", Distribution.debian),
    ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", .debian),
    ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", .fedora), ("ID=arch\n", .arch),
    ("ID=nixos\n", .nix), ("ID=slackware\n", nil), ("", nil),
  ]) func knowsDistributions(_ text: String, _ distribution: Distribution?) {
    #expect(Distribution(osRelease: text) == distribution)
  }

  @Test func namesPackages() {
    let two = [Software.qemuX86, .ovmf, .qemuX86]
    #expect(
      Software.remedy(two, on: .debian) == "sudo apt-get install qemu-system-x86 ovmf")
    #expect(Software.remedy(two, on: .fedora) == "sudo dnf install qemu-system-x86 edk2-ovmf")
    #expect(Software.remedy(two, on: .arch) == "sudo pacman -S qemu-system-x86 edk2-ovmf")
    #expect(Software.remedy(two, on: .nix) == "nix-shell -p qemu")
    let all = Software.remedy([.swtpm], on: nil)
    #expect(all.hasPrefix("Debian, Ubuntu: sudo apt-get install swtpm; Fedora: "))
  }
}
