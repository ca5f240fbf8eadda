/// A machine's processors, as QEMU's `-smp` counts them.
public struct Topology: Sendable, Hashable {
  public var sockets: Int
  public var cores: Int
  public var threads: Int
  /// How many of them are there at boot; the others can be plugged in later.
  public var online: Int

  public init(sockets: Int = 1, cores: Int = 1, threads: Int = 1, online: Int? = nil) {
    self.sockets = sockets
    self.cores = cores
    self.threads = threads
    self.online = online ?? Topology.product(sockets, cores, threads)
  }

  /// Sockets times cores times threads.
  public var total: Int { Topology.product(sockets, cores, threads) }

  private static func product(_ a: Int, _ b: Int, _ c: Int) -> Int {
    let (ab, over) = a.multipliedReportingOverflow(by: b)
    let (abc, overAgain) = ab.multipliedReportingOverflow(by: c)
    return over || overAgain ? .max : abc
  }
}
