import CallFrames
import Events
import Glibc
import Machines
import Processes

/// The program that makes calls, started at the first: a child with one end of a socket.
@Supervisor final class CallHelper {
  nonisolated static let program = "vmscript-grpc"

  private static var current: CallHelper?

  private struct Holder {
    weak var call: RemoteCall?
  }
  private let child: Child
  private let stream: ByteStream
  private var parser = FrameParser()
  private var calls: [UInt32: Holder] = [:]

  static func begin(_ call: RemoteCall, _ frame: [UInt8]) {
    do throws(MachineError) {
      let helper = try demand()
      helper.calls[call.number] = Holder(call: call)
      helper.stream.send(frame)
    } catch {
      call.fail(error)
    }
  }

  private static func demand() throws(MachineError) -> CallHelper {
    if let current { return current }
    let helper = try CallHelper()
    current = helper
    return helper
  }

  static func send(_ bytes: [UInt8]) { current?.stream.send(bytes) }

  /// The call is not wanted any more.
  static func forget(_ number: UInt32) {
    guard let current, current.calls.removeValue(forKey: number) != nil else { return }
    current.stream.send(CallFrame(.cancel, number).encoded)
  }

  private init() throws(MachineError) {
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
      child = try Launcher.launch(command, descriptors: ["calls": theirs])
      stream = ByteStream(ours.take()!)
    } catch {
      throw MachineError(.launch, error.message)
    }
    stream.onBytes = { [unowned self] bytes in receive(bytes) }
    stream.onEnd = { [unowned self] in Task { await self.explainEnd() } }
  }

  private func receive(_ bytes: [UInt8]) {
    parser.append(bytes)
    do throws(FrameError) {
      while let frame = try parser.next() {
        guard let holder = calls[frame.call] else { continue }
        if holder.call?.take(frame) ?? true { calls[frame.call] = nil }
      }
    } catch {
      child.signal(SIGKILL)
    }
  }

  /// It is gone: its calls fail, and the next call starts another.
  private func explainEnd() async {
    if Self.current === self { Self.current = nil }
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
      "the program that makes gRPC calls, \(Self.program), \(how)\(words)")
    error.standardError = child.errorOutput
    for holder in calls.values { holder.call?.fail(error) }
    calls = [:]
  }
}
