import Glibc
import Processes

/// The lines that were typed at prompts, in a file that all runs add to:
/// `$XDG_STATE_HOME/vmscript/history`, by default in ~/.local/state. Where it cannot be kept, nobody is
/// troubled by that.
final class PromptHistory {
  /// How many lines are brought back, and twice that are kept.
  private static let limit = 1000

  private let path: String?

  init() {
    let state =
      Folder.variable("XDG_STATE_HOME") ?? Folder.home.map { $0 + "/.local/state" }
    path = state.map { $0 + "/vmscript/history" }
  }

  /// The newest lines, oldest first.
  func load() -> [String] {
    guard let path, let file = fopen(path, "re") else { return [] }
    defer { fclose(file) }
    var lines: [String] = []
    var (line, capacity): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
    defer { free(line) }
    while getline(&line, &capacity, file) > 0, let line {
      let text = String(cString: line)
      lines.append(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    if lines.count > 2 * Self.limit { shorten(lines.suffix(Self.limit), path) }
    return lines.suffix(Self.limit)
  }

  func append(_ line: String) {
    guard let path, let slash = path.lastIndex(of: "/") else { return }
    do throws(ProcessError) {
      try Folder.make(String(path[..<slash]))
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
      try file.writeAll((line + "\n").utf8)
    } catch {}
  }

  /// What another run adds meanwhile is lost.
  private func shorten(_ lines: [String].SubSequence, _ path: String) {
    let new = "\(path).\(getpid())"
    do throws(ProcessError) {
      let file = try Descriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
      try file.writeAll((lines.joined(separator: "\n") + "\n").utf8)
      rename(new, path)
    } catch {
      unlink(new)
    }
  }
}
