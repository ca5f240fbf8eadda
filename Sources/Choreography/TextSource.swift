import Machines
import Scripting

/// What writes text that scripts look for: a machine on its console, a process on its output.
protocol TextSource: Mortal {
  var run: Run { get }
  /// Where the text is kept.
  var textLog: Console { get }
  /// Where `expect` goes on.
  var console: ConsoleCursor { get }
  /// "console text", "text": what it writes, in messages.
  var textNoun: String { get }
  /// Whether it has to be started by a task of the script before it can write.
  var needsStart: Bool { get }
}

extension MachineObject: TextSource {
  var textLog: Console { machine.console }
  var textNoun: String { "console text" }
  var needsStart: Bool { !isLiving }
}

extension ProcessObject: TextSource {
  var textLog: Console { process.console }
  var textNoun: String { "text" }
  var needsStart: Bool { process.starts.value ?? 0 == 0 || process.exited.value != nil }
}
