import Glibc
import Notation
import Processes
import Record

/// The sources of a run, in its record's `sources.json`: an object with a member for each file, whose
/// text is what ran, whatever became of the file.
public struct KeptSources {
  public static let fileName = "sources.json"
  /// Of a file, in bytes; larger ones are not kept.
  private static let limit = 1 << 20

  private var texts: JSON?

  /// What is there; nothing in a record that has none.
  init(_ record: String) {
    guard let file = try? RecordFile("\(record)/\(Self.fileName)"),
      let bytes = try? file.read(0..<min(file.size, 8 * Self.limit))
    else { return }
    texts = try? JSON.parse(bytes)
  }

  subscript(name: String) -> String? { texts?[name]?.text }

  /// Keeps the files of these names (as Lua knows them), as far as they can be read; `standardInput`
  /// is the text of the one called stdin. An error says what could not be written.
  public static func keep(
    _ names: [String], standardInput: String?, in record: String
  ) throws(RecordError) {
    var members: [JSON.Member] = []
    for name in names where !members.contains(where: { $0.name == name }) {
      let text = name == "stdin" ? standardInput : nil
      if let text = text ?? read(name) { members.append(JSON.Member(name, .string(text))) }
    }
    guard !members.isEmpty else { return }
    try RunRecord.write(JSON.object(members).encoded + "\n", to: "\(record)/\(fileName)")
  }

  private static func read(_ name: String) -> String? {
    guard let file = try? RecordFile(name), file.size <= limit,
      let bytes = try? file.read(0..<file.size)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
