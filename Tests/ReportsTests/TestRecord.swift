import Glibc
import Notation
import Processes

@testable import Reports

/// A record's directory, written by hand and removed again.
final class TestRecord {
  let path = "/tmp/report-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  init() throws { try Folder.make(path) }

  deinit { try? Folder.remove(path) }

  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    if let slash = name.lastIndex(of: "/") { try Folder.make("\(path)/\(name[..<slash])") }
    try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
      .writeAll(bytes)
  }

  static let begin = #"{"t":0,"kind":"run","phase":"begin","schema":1,"script":"x.lua","seed":7}"#

  /// Begins as a record does, unless `begin` is given.
  func timeline(_ lines: [String], begin: String = TestRecord.begin) throws {
    try write("timeline.jsonl", ([begin] + lines).map { $0 + "\n" }.joined().utf8)
  }

  /// What the page has for its script.
  func data() throws -> JSON { try RecordPage(path).data() }

  func page() throws -> [UInt8] {
    let made = try RunReport(record: path).write()
    return try RecordFile(made)!.read(0..<RecordFile(made)!.size)
  }
}

extension JSON {
  /// A mark as the page has it, by its title.
  func mark(_ title: String) -> [JSON]? {
    self["marks"]?.elements?.compactMap(\.elements).first { $0[4] == .string(title) }
  }
}
