import Events
import Glibc
import Machines
import Processes

/// `vmscript attach`: the console of a machine of another run, which was kept, in this terminal.
public struct Attachment: Sendable {
  public struct Failure: Error { public var message: String }

  /// A run that was kept, by the number of its process.
  public struct KeptRun: Sendable {
    public var id: String
    public var machines: [String]
    let path: String
  }

  private static let patience = 5.0

  /// Those of this user that can be asked, the oldest first.
  public static func runs() -> [KeptRun] {
    VolatileDirectory.paths(.runtime).compactMap { directory in
      let path = directory + "/" + AttachServer.socketName
      let id = directory.split(separator: "/").last?.prefix { $0 != "-" } ?? ""
      guard access(path, F_OK) == 0, let names = names(path) else { return nil }
      return KeptRun(id: String(id), machines: names, path: path)
    }
  }

  /// The one that is meant; `run` and `machine` are nil if it goes without saying.
  public static func find(run: String?, machine: String?) throws(Failure) -> (KeptRun, String) {
    var (run, machine) = (run, machine)
    let every = runs()
    // The one word that was given may be a run's number.
    if run == nil, let word = machine, !every.contains(where: { $0.machines.contains(word) }),
      every.contains(where: { $0.id == word })
    {
      (run, machine) = (word, nil)
    }
    let all = every.filter { run == nil || $0.id == run }
    let found = all.flatMap { each in
      each.machines.filter { machine == nil || $0 == machine }.map { (each, $0) }
    }
    if found.count == 1 { return found[0] }
    let list = all.map { "run \($0.id): \($0.machines.joined(separator: ", "))" }
    let known = list.isEmpty ? "" : "; kept are " + list.joined(separator: "; ")
    guard found.isEmpty else {
      throw Failure(
        message:
          "which one? vmscript attach \(machine == nil ? "[RUN] MACHINE" : "RUN \(machine!)")\(known)"
      )
    }
    let wanted =
      (machine.map { "machine '\($0)'" } ?? "machine") + (run.map { " in run \($0)" } ?? "")
    throw Failure(
      message: "there is no \(wanted) to attach to: vmscript run --keep keeps them\(known)")
  }

  /// Returns when the person has left, or the machine has ended: the exit status.
  public static func enter(
    _ run: KeptRun, _ machine: String, offer: @escaping @Sendable (ArraySlice<UInt8>) -> Int
  ) throws(Failure) -> Int32 {
    let status = Event<Int32>()
    let refusal = Event<String>()
    let box: DescriptorBox
    do throws(ProcessError) {
      let socket = try Descriptor.unixSocket()
      try socket.connect(run.path)
      box = DescriptorBox(socket)
    } catch {
      throw Failure(message: "run \(run.id) cannot be reached: \(error.message)")
    }
    let ended: Event<TerminalSession.End>
    do throws(MachineError) {
      ended = try Supervisor.sync { () throws(MachineError) in
        let session = TerminalSession(machine, offer: offer)
        try begin(session, ByteStream(box.take()!), machine, status: status, refusal: refusal)
        return session.ended
      }
    } catch {
      throw Failure(message: error.message)
    }
    _ = ended.block()
    Supervisor.wait {
      await TerminalOutput.shared.drain(1)
      Guardian.dismiss()
    }
    if let text = refusal.value { throw Failure(message: text) }
    return status.value ?? 0
  }

  @Supervisor private static func begin(
    _ session: TerminalSession, _ stream: ByteStream, _ machine: String, status: Event<Int32>,
    refusal: Event<String>
  ) throws(MachineError) {
    try? Signals.install { signal in
      switch signal {
      case .stop:
        TerminalKeys.suspend()
        Signals.stopSelf()
        TerminalKeys.resume()
      case .window: TerminalKeys.resized()
      case .resume, .pipe, .user1, .user2: break
      default:
        status.set(128 + signal.number)
        session.finish(.left)
      }
    }
    try session.begin { keys in
      stream.send(AttachFrame.encoded(.keys, keys))
    } resize: { size in
      stream.send(AttachFrame.encoded(.size, "\(size.rows) \(size.columns)"))
    }
    var parser = AttachFrameParser()
    stream.onBytes = { bytes in
      for frame in parser.take(bytes) ?? [] {
        switch frame.kind {
        case .output: session.show(frame.bytes)
        case .refusal:
          refusal.set(Console.sanitised(frame.bytes))
          session.finish(.closed)
        default: break
        }
      }
    }
    stream.onEnd = { session.finish(.closed) }
    stream.send(AttachFrame.encoded(.attach, machine))
    if let size = TerminalKeys.size {
      stream.send(AttachFrame.encoded(.size, "\(size.rows) \(size.columns)"))
    }
  }

  /// Asks a run for its machines; nil if nobody answers.
  private static func names(_ path: String) -> [String]? {
    guard let socket = try? Descriptor.unixSocket() else { return nil }
    var patience = timeval(tv_sec: Int(Self.patience), tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        socket.number, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    guard (try? socket.connect(path)) != nil else { return nil }
    let request = AttachFrame.encoded(.list)
    guard send(socket.number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      return nil
    }
    var parser = AttachFrameParser()
    while true {
      var block = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket.number, &block, block.count, 0)
      guard count > 0, let frames = parser.take(Array(block.prefix(count))) else { return nil }
      if let frame = frames.first {
        return frame.text.split(separator: "\n").map { Console.sanitised($0.utf8) }
      }
    }
  }
}
