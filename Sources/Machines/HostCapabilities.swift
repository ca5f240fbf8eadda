/// What the host offers to machines, found once per boot of the host.
public struct HostCapabilities: Sendable, Hashable {
  public enum Accelerator: String, Sendable { case kvm, tcg }

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
}

extension HostCapabilities {
  public enum Choice: String, Sendable, CaseIterable { case auto, kvm, tcg }

  /// What a machine with this choice gets. May take some 100 ms once per boot of the host; not for
  /// the supervisor's thread. Errors of kind missing if KVM was chosen and does not work.
  public static func find(_ choice: Choice = .auto) throws(MachineError) -> HostCapabilities {
    fatalError("unwritten")
  }
}
