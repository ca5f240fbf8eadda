import CProbe
import Glibc

/// What the host offers to machines, found once per boot of the host.
public struct HostCapabilities: Sendable, Hashable {
  public enum Accelerator: String, Sendable { case kvm, tcg }

  /// What a script asks for.
  public enum Choice: String, Sendable, CaseIterable { case auto, kvm, tcg }

  public var accelerator: Accelerator
  /// Why KVM is not used; nil when it is or was not asked for.
  public var whyNoKVM: String?
  /// The time-stamp counter's frequency; nil where it could not be measured.
  public var tscKilohertz: UInt64?

  public init(accelerator: Accelerator, whyNoKVM: String? = nil, tscKilohertz: UInt64? = nil) {
    self.accelerator = accelerator
    self.whyNoKVM = whyNoKVM
    self.tscKilohertz = tscKilohertz
  }

  /// What a machine with this choice gets. May take some 100 ms once per boot of the host: not for
  /// the supervisor's thread. Errors of kind missing if KVM was chosen and does not work.
  public static func find(_ choice: Choice = .auto) throws(MachineError) -> HostCapabilities {
    var host = found
    switch (choice, host.accelerator) {
    case (.kvm, .tcg):
      throw MachineError(
        .missing,
        "accel = \"kvm\": \(host.whyNoKVM ?? "KVM does not work"); use \"auto\" or \"tcg\"")
    case (.tcg, _):
      host.accelerator = .tcg
      host.whyNoKVM = nil
    default: break
    }
    return host
  }

  private static let found: HostCapabilities = {
    let cache = HostCapabilitiesCache()
    if let remembered = cache.read() { return remembered }
    let host = measured()
    cache.write(host)
    return host
  }()

  /// Tries it out. That /dev/kvm is there says little: a host may have it, start virtual processors
  /// and emulate every instruction, and no kernel boots on that.
  static func measured() -> HostCapabilities {
    let kilohertz = probe_tsc_kilohertz()
    let why = explain(probe_kvm(1000))
    return HostCapabilities(
      accelerator: why == nil ? .kvm : .tcg, whyNoKVM: why,
      tscKilohertz: kilohertz == 0 ? nil : kilohertz)
  }

  private static func explain(_ answer: probe_kvm_answer) -> String? {
    switch answer.result {
    case PROBE_KVM_WORKS: nil
    case PROBE_KVM_NO_DEVICE: "there is no /dev/kvm on this host"
    case PROBE_KVM_NO_PERMISSION:
      "this user may not open /dev/kvm (sudo usermod -aG kvm \"$USER\", then log in again)"
    case PROBE_KVM_REFUSED: "/dev/kvm refused: \(String(cString: strerror(answer.error)))"
    case PROBE_KVM_WRONG: "/dev/kvm is there but its guests come to wrong results"
    case PROBE_KVM_SLOW:
      "/dev/kvm is there but does not run on hardware (a short loop took "
        + "\(answer.nanoseconds / 1_000_000) ms)"
    default: "/dev/kvm is there but its guests hang"
    }
  }
}
