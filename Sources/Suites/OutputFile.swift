import Glibc
import Machines
import Processes

/// What a run of a file wrote to standard output and error: a file that goes with this object.
public final class OutputFile: Sendable {
  /// What a report that is kept in memory takes of it, in bytes.
  static let tailLimit = 64 << 10

  private let path: String

  init(_ path: String) { self.path = path }

  deinit { unlink(path) }

  public var isEmpty: Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_size == 0
  }

  /// Calls `body` with each of its lines, which may be shown on a terminal; all, or those of the last
  /// so many bytes.
  public func forEachLine(
    last limit: Int? = nil, _ body: (String) throws -> Void
  ) rethrows {
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return }
    let size = lseek(file.number, 0, SEEK_END)
    if let limit, size > limit {
      lseek(file.number, size - limit, SEEK_SET)
      try body("… (\(size - limit) bytes before this)")
    } else {
      lseek(file.number, 0, SEEK_SET)
    }
    var rest: [UInt8] = []
    while let bytes = (try? file.read(upTo: 1 << 16)) ?? nil, !bytes.isEmpty {
      rest += bytes
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        try body(Console.sanitised(rest[..<end]))
        rest.removeFirst(end + 1)
      }
      // A line without an end is shown in pieces.
      if rest.count > 1 << 20 {
        try body(Console.sanitised(rest))
        rest = []
      }
    }
    if !rest.isEmpty { try body(Console.sanitised(rest)) }
  }

  /// The last lines.
  var tail: [String] {
    var lines: [String] = []
    forEachLine(last: Self.tailLimit) { lines.append($0) }
    return lines
  }
}
