import Events

extension Machine {
  /// The running machine among these that has the port map.
  public static func holder(of ports: PortMap, among machines: [Machine]) -> Machine? {
    machines.last { $0.isRunning && $0.specification.ports === ports }
  }

  /// Connects to the TCP port that a mapping of this machine's leads to, once QEMU is up. Errors of
  /// kind connection name the machine. That it connects says nothing of the guest.
  public func dial(
    _ mapping: PortMap.Mapping, until deadline: Deadline
  ) async throws(MachineError) -> Connection {
    let text = "connection to port \(mapping.guest) of machine '\(name)'"
    try await awaitUp("a \(text) was made", until: deadline)
    if let failure = failure.value, failure.kind == .connection { throw failure }
    let monitor = qmp
    return try await Connection.open(
      to: mapping.bind == "0.0.0.0" ? "127.0.0.1" : mapping.bind, mapping.host,
      Connection.Name(text, machine: name), until: deadline
    ) { [weak self] in
      await self?.lives(monitor) ?? false
    }
  }

  /// Whether a QEMU lives: it is asked, since the end of its sockets is seen before its own.
  private func lives(_ monitor: QMP?) async -> Bool {
    guard isRunning, let monitor, monitor === qmp else { return false }
    do throws(MachineError) {
      _ = try await monitor.execute("query-status", until: .after(1))
      return true
    } catch {
      // One that does not answer in time is frozen, or busy.
      return error.kind != .exited
    }
  }
}
