import Events
import Glibc
import Machines
import Scripting

/// Reads a machine's (or a process's) console log on the script's thread, line by line, from where it last stopped.
/// The draining goes on elsewhere, so however slow a pattern is, no guest is held up.
final class ConsoleCursor {
  /// Longer lines are matched in pieces.
  static let lineLimit = 65536

  private let console: Console
  private var boot = 0
  /// Where the present line begins in the log, and how far into its text matching has come.
  private var lineOffset = 0
  private var column = 0
  private var length = 0

  init(_ console: Console) { self.console = console }
  convenience init(_ machine: Machine) { self.init(machine.console) }

  var changed: Event<ConsoleSnapshot> { console.changed }

  /// Goes back to the beginning of the present boot's text.
  func rewind() {
    let snapshot = console.snapshot
    boot = snapshot.boot
    lineOffset = snapshot.bootOffset
    (column, length) = (0, 0)
  }

  /// Whether the machine has booted again since the last look; then the cursor has been rewound.
  func followBoot() -> Bool {
    guard console.snapshot.boot != boot else { return false }
    rewind()
    return true
  }

  /// The first match in what was not looked at yet. The cursor then stands behind it.
  func next(_ text: ConsoleText, _ interpreter: Interpreter) throws(ScriptError) -> [Value]? {
    _ = followBoot()
    let visible = console.snapshot.visibleLength
    guard visible > length || column > 0 else { return nil }
    guard let file = open(console.path, O_RDONLY | O_CLOEXEC).nonnegative else { return nil }
    defer { Glibc.close(file) }
    var buffer: [UInt8] = []
    var begin = 0
    while true {
      // Whole lines first, then what there is of the last one.
      while let newline = buffer[begin...].firstIndex(of: 0x0a) ?? Self.piece(buffer, begin) {
        if let match = try find(text, in: buffer[begin...newline], interpreter) { return match }
        lineOffset += newline + 1 - begin
        begin = newline + 1
        column = 0
      }
      buffer.removeFirst(begin)
      begin = 0
      let end = lineOffset + buffer.count
      guard end < visible else { break }
      var block = [UInt8](repeating: 0, count: min(visible - end, 1 << 18))
      let count = pread(file, &block, block.count, off_t(end))
      guard count > 0 else { break }
      buffer += block.prefix(count)
    }
    length = visible
    return buffer.isEmpty ? nil : try find(text, in: buffer[...], interpreter)
  }

  private static func piece(_ buffer: [UInt8], _ begin: Int) -> Int? {
    buffer.count - begin >= lineLimit ? begin + lineLimit - 1 : nil
  }

  private func find(
    _ text: ConsoleText, in raw: ArraySlice<UInt8>, _ interpreter: Interpreter
  ) throws(ScriptError) -> [Value]? {
    let line = ConsoleText.plain(raw)
    guard column <= line.count,
      let match = try text.find(in: line, from: column, interpreter)
    else { return nil }
    column = match.end
    return match.values
  }
}

extension Int32 {
  fileprivate var nonnegative: Int32? { self >= 0 ? self : nil }
}
