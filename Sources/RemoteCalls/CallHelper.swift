import CallFrames
import Events
import Glibc
import Machines
import Processes
import Synchronization

/// The program that makes calls, started at the first: a child with one end of a socket. Whoever
/// has a frame for it writes it; the script's thread alone reads, whenever it waits (`serve`).
public final class CallHelper: Sendable {
  static let program = "vmscript-grpc"
  public static let shared = CallHelper()

  private struct Holder {
    weak var call: RemoteCall?
  }
  private struct State: ~Copyable {
    var child: Child?
    var socket: Descriptor?
    var parser = FrameParser()
    var calls: [UInt32: Holder] = [:]
    /// What the socket did not take at once.
    var queue: ArraySlice<UInt8> = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var whenStarted: @Sendable () -> Void = {}
  }
  private let state = Mutex(State())
  /// The socket's number; -1 while the program does not run.
  private let number = Atomic<Int32>(-1)
  private let isBlocked = Atomic<Bool>(false)

  private init() {}

  /// Called whenever the program was started: there is something to read from then on.
  public func whenStarted(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.whenStarted = body }
  }

  // MARK: Calls

  func begin(_ call: RemoteCall, _ frame: [UInt8]) {
    do throws(MachineError) {
      if number.load(ordering: .acquiring) < 0 {
        try Supervisor.sync { () throws(MachineError) in try self.start() }
      }
      state.withLock { $0.calls[call.number] = Holder(call: call) }
      send(frame)
    } catch {
      call.fail(error)
    }
  }

  /// Does not wait: what the socket has no room for goes later.
  func send(_ bytes: [UInt8]) {
    state.withLock { state in
      guard number.load(ordering: .relaxed) >= 0 else { return }
      if !state.queue.isEmpty {
        state.queue += bytes
      } else {
        state.queue = bytes[...]
        flush(&state)
      }
    }
  }

  /// The call is not wanted any more.
  func forget(_ number: UInt32) {
    let wasKnown = state.withLock { $0.calls.removeValue(forKey: number) != nil }
    if wasKnown { send(CallFrame(.cancel, number).encoded) }
  }

  private func flush(_ state: inout State) {
    let number = number.load(ordering: .relaxed)
    while !state.queue.isEmpty {
      let sent = state.queue.withUnsafeBytes {
        Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      }
      if sent < 0 && errno == EINTR { continue }
      guard sent >= 0 else {
        // If it has ended, that is read next.
        if errno != EAGAIN { state.queue = [] }
        break
      }
      state.queue.removeFirst(sent)
    }
    isBlocked.store(!state.queue.isEmpty, ordering: .relaxed)
  }

  // MARK: The program

  @Supervisor private func start() throws(MachineError) {
    if number.load(ordering: .acquiring) >= 0 { return }
    guard let path = HelperProgram.path else {
      throw MachineError(
        .missing,
        "gRPC needs the program \(Self.program), which is neither beside vmscript nor in PATH:"
          + " build it with vmscript, without --disable-default-traits")
    }
    do throws(ProcessError) {
      let (ours, theirs) = try Descriptor.pair().split()
      let command = Command(
        name: Self.program, executable: path, arguments: ["\(descriptor: "calls")"])
      let child = try Launcher.launch(command, descriptors: ["calls": theirs])
      let whenStarted = state.withLock { state in
        state.child = child
        number.store(ours.number, ordering: .releasing)
        state.socket = ours.take()
        state.parser = FrameParser()
        return state.whenStarted
      }
      whenStarted()
    } catch {
      throw MachineError(.launch, error.message)
    }
  }

  /// It is gone: its calls fail, and the next call starts another.
  private func end(_ state: inout State) {
    let (child, calls) = (state.child!, state.calls)
    number.store(-1, ordering: .releasing)
    isBlocked.store(false, ordering: .relaxed)
    state.child = nil
    state.socket = nil
    state.queue = []
    state.calls = [:]
    Supervisor.post { Task { @Supervisor in await Self.explain(child, calls) } }
  }

  @Supervisor private static func explain(_ child: Child, _ calls: [UInt32: Holder]) async {
    await child.stop()
    let how =
      switch child.exited.value {
      case .signalled(let number): "was ended by signal \(number)"
      case .exited(let code): "ended with status \(code)"
      case nil: "ended"
      }
    let words = child.errorOutput.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
    // Built without gRPC, it says so with this status.
    let isMissing = child.exited.value == .exited(code: 3)
    var error = MachineError(
      isMissing ? .missing : .connection,
      "the program that makes gRPC calls, \(program), \(how)\(words)")
    error.standardError = child.errorOutput
    for holder in calls.values { holder.call?.fail(error) }
  }
}

// MARK: What the script's thread does when it waits

extension CallHelper {
  public var descriptor: Int32 { number.load(ordering: .acquiring) }
  public var wantsRoom: Bool { isBlocked.load(ordering: .relaxed) }

  /// Reads and writes what can be without waiting, and tells the calls.
  public func serve() {
    // Told without the lock: a call that nobody has any more says so here.
    let news = state.withLock { state -> [(RemoteCall?, CallFrame)] in
      if !state.queue.isEmpty { flush(&state) }
      return receive(&state).map { (state.calls[$0.call]?.call, $0) }
    }
    for (call, frame) in news where call?.take(frame) ?? true {
      state.withLock { $0.calls[frame.call] = nil }
    }
  }

  private func receive(_ state: inout State) -> [CallFrame] {
    let number = number.load(ordering: .relaxed)
    guard number >= 0 else { return [] }
    let count = state.buffer.withUnsafeMutableBytes {
      recv(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    var isOver = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    if count > 0 { state.parser.append(state.buffer[..<count]) }
    var frames: [CallFrame] = []
    do throws(FrameError) {
      while let frame = try state.parser.next() { frames.append(frame) }
    } catch {
      isOver = true
    }
    if isOver { end(&state) }
    return frames
  }
}
