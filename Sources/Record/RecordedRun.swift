import Glibc
import Notation
import Processes

/// The timeline of a record, read back.
public struct RecordedRun: Sendable {
  /// A line.
  public struct Entry: Sendable {
    /// Seconds since the run began.
    public var time: Double
    public var kind: String
    public var phase: String
    /// All of the line.
    public var members: JSON

    public subscript(name: String) -> JSON? { members[name] }
  }

  /// By their times; those of one time in the order of the file.
  public let entries: [Entry]

  /// Reads `timeline.jsonl` of a record's directory. A line that is none, as the last of a run that was
  /// killed may be, is passed over. An error says what is not there.
  public init(directory: String) throws(RecordError) {
    let path = directory + "/timeline.jsonl"
    guard let file = fopen(path, "re") else {
      throw RecordError(
        "'\(directory)' is no record of a run: \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var entries: [Entry] = []
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let line else { break }
      let bytes = UnsafeRawBufferPointer(start: line, count: count)
      guard let members = try? JSON.parse(Array(bytes)), let kind = members["kind"]?.text,
        let time = members["t"]?.double
      else { continue }
      entries.append(
        Entry(time: time, kind: kind, phase: members["phase"]?.text ?? "", members: members))
    }
    // The order of equal ones matters, and sort keeps none.
    self.entries = entries.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }.map(\.element)
  }

  /// When the last of it happened, in seconds.
  public var end: Double { entries.last?.time ?? 0 }
}
