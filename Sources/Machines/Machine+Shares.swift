import Events
import Glibc
import Processes

/// The programs that serve a machine's shares. Each is started with the machine and ends with it.
extension Machine {
  /// A virtiofsd and the tag of its share.
  struct ShareServer {
    var tag: String
    var child: Child
  }

  func startShares(_ descriptors: inout [String: DescriptorBox]) throws(MachineError) {
    if isRehearsal { return }
    for (index, share) in specification.shares.enumerated() {
      guard let program = share.server, share.driver == .virtiofs else { continue }
      let log = "\(directory)/virtiofsd-\(share.tag).log"
      do throws(ProcessError) {
        let (listener, connection) = try Self.connectedListener()
        descriptors["share\(index)"] = connection
        var command = program.command(for: share, log: log)
        command.machine = name
        let child = try Launcher.launch(command, descriptors: ["listener": listener])
        let server = ShareServer(tag: share.tag, child: child)
        shareServers.append(server)
        watch(server)
      } catch {
        throw MachineError(error.kind == .missing ? .missing : .launch, error.message)
      }
    }
  }

  /// A listening socket, and one that has connected to it already: so there is nothing to wait for.
  /// Its path is in a directory of this user's alone, and gone at once: nobody else can connect.
  private static func connectedListener() throws(ProcessError) -> (DescriptorBox, DescriptorBox) {
    let path = try VolatileDirectory.ofRun(.runtime).freshPath("virtiofs")
    let listener = try Descriptor.unixSocket()
    let connection = try Descriptor.unixSocket()
    try listener.bind(path)
    defer { unlink(path) }
    guard listen(listener.number, 1) == 0 else { throw .system("listen", errno) }
    try connection.connect(path)
    return (DescriptorBox(listener), DescriptorBox(connection))
  }

  private func watch(_ server: ShareServer) {
    Task { @Supervisor in
      _ = await server.child.exited.wait()
      // QEMU's end is also its: only one that QEMU survives is a failure.
      Timer(at: .after(0.2)) { [weak self] in
        guard let self, self.shareServers.contains(where: { $0.child === server.child }),
          self.qemu?.exited.value == nil
        else { return }
        self.fail(with: self.error(of: server))
      }
    }
  }

  private func error(of server: ShareServer) -> MachineError {
    let how =
      switch server.child.exited.value {
      case .exited(let code): "exited with status \(code)"
      case .signalled(let number): "was ended by signal \(number)"
      case nil: "ended"
      }
    var error = MachineError(
      .exited, "virtiofsd, which serves share '\(server.tag)' of machine '\(name)', \(how)",
      machine: name)
    error.standardError = server.child.errorOutput
    return error
  }

  /// Why QEMU could not start, if that is since a server had ended with an error before.
  var shareRefusal: MachineError? {
    let failed = shareServers.first {
      switch $0.child.exited.value {
      case nil, .exited(code: 0): false
      default: true
      }
    }
    guard let failed else { return nil }
    var error = error(of: failed)
    let last = failed.child.errorOutput.split(whereSeparator: \.isNewline).last
    if let last { error.message += ": " + Console.sanitised(last.utf8) }
    error.kind = .launch
    return error
  }

  /// They end by themselves when QEMU's end of the connection closes.
  func endShares() async {
    for server in shareServers {
      if await server.child.exited.wait(until: .after(1)) == nil { await server.child.stop() }
    }
  }

  /// For a machine that did not start.
  func abandonShares() {
    for server in shareServers { Task { @Supervisor in await server.child.stop(.kill) } }
    shareServers = []
  }
}
