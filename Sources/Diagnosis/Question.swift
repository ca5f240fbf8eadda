import Events
import Machines
import Processes

/// A program that was started to say something of itself.
final class Question: Sendable {
  enum Answer: Equatable {
    /// Standard output and error, its last 64 KiB.
    case text(String)
    case failed(String)
    /// It did not end in time.
    case none
    case absent
  }

  /// Seconds that a program may take.
  static let patience = 2.0

  let path: String?
  private let child: Child?
  private let failure: String?
  private let deadline = Deadline.after(Question.patience)

  /// Starts it with `input`, a few lines, on its standard input, and returns at once.
  init(_ program: String, _ arguments: [String], input: String = "") {
    path = Launcher.find(program)
    guard let path else {
      (child, failure) = (nil, nil)
      return
    }
    var command = Command(
      name: program, executable: path, arguments: arguments.map { Argument($0) })
    command.standardOutput = .captured
    command.environment = ["LC_ALL": "C"]
    do throws(ProcessError) {
      let (reader, writer) = try Descriptor.pipe().split()
      // A pipe holds a page at least (pipe(7)): nobody waits.
      _ = try writer.use { pipe throws(ProcessError) in try pipe.write(input.utf8) }
      writer.close()
      command.standardInput = .descriptor("input")
      let ready = command
      child = try Supervisor.sync { () throws(ProcessError) in
        try Launcher.launch(ready, descriptors: ["input": reader])
      }
      failure = nil
    } catch {
      (child, failure) = (nil, error.message)
    }
  }

  /// Waits for the answer. One that is late is ended.
  func answer() -> Answer {
    guard let child else { return failure.map { .failed($0) } ?? .absent }
    guard let status = child.exited.block(until: deadline) else {
      Supervisor.wait { await child.stop(.kill) }
      return .none
    }
    let text = Supervisor.sync { child.errorOutput }
    if status == .exited(code: 0) { return .text(text) }
    let last = text.split(whereSeparator: \.isNewline).last.map { Console.sanitised($0.utf8) }
    return .failed(last.map { String($0.prefix(200)) } ?? "it failed and said nothing")
  }
}
