import Glibc
import Notation

/// A script's source as the page shows it, or why it does not.
struct SourceText {
  /// Bytes of one source in the page.
  private static let limit = 128 << 10

  var name: String
  var text = ""
  /// The number of the text's first line.
  var firstLine = 1
  /// The line that failed.
  var failed: Int?
  /// The file is another since the run.
  var isChanged = false
  /// Why there is no text.
  var reason: String?

  /// Reads the file that Lua calls `name`; relative names are looked up where the program runs now.
  init(_ name: String, failed: Int?, before end: Double?) {
    self.name = name
    self.failed = failed
    do throws(ReportError) {
      guard let file = try RecordFile(name) else {
        reason = "the file is not there any more, or was named from another directory"
        return
      }
      var status = stat()
      if let end, stat(name, &status) == 0, Double(status.st_mtim.tv_sec) > end + 2 {
        isChanged = true
      }
      keep(String(decoding: try file.read(0..<min(file.size, 8 << 20)), as: UTF8.self))
    } catch {
      reason = error.message
    }
  }

  init(_ name: String, text: String, failed: Int?) {
    self.name = name
    self.failed = failed
    keep(text)
  }

  /// All of it, or what is around the failed line.
  private mutating func keep(_ all: String) {
    guard all.utf8.count > Self.limit else {
      text = all
      return
    }
    let lines = all.split(separator: "\n", omittingEmptySubsequences: false)
    let first = max(0, min((failed ?? 1) - 500, lines.count))
    var (kept, size) = ([Substring](), 0)
    for line in lines[first...] {
      size += line.utf8.count + 1
      if size > Self.limit { break }
      kept.append(line)
    }
    firstLine = first + 1
    text = kept.joined(separator: "\n") + "\n…"
  }

  var json: JSON {
    var members: [JSON.Member] = [
      .init("name", .string(name)), .init("text", .string(text)),
      .init("first", .integer(Int64(firstLine))),
    ]
    if let failed { members.append(.init("failed", .integer(Int64(failed)))) }
    if isChanged { members.append(.init("changed", .bool(true))) }
    if let reason { members.append(.init("reason", .string(reason))) }
    return .object(members)
  }
}
