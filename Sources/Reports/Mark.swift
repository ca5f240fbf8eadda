import Notation

/// Something that happened in a run, at a moment or for some time: what stands on the timeline.
struct Mark {
  /// As in the record's timeline.
  var kind: String
  var machine: String?
  /// Seconds since the run began.
  var start: Double
  /// Nil for a moment, and for what had begun and did not end.
  var end: Double?
  var title: String
  /// It went wrong, or at least not as a shell would call well.
  var isBad = false
  /// It had begun and did not end.
  var isOpen = false
  /// A fault's name, and what it was done to.
  var word = ""
  var place = ""
  var details: [JSON.Member] = []

  var duration: Double { end.map { max(0, $0 - start) } ?? 0 }

  /// About the bytes that it takes in the page.
  var cost: Int {
    details.reduce(48 + title.pageSize) { $0 + $1.name.utf8.count + 4 + $1.value.roughSize }
  }

  /// What is kept when not all can be: lower first.
  var tier: Int {
    switch kind {
    case _ where isBad || isOpen: 0
    case "machine", "network", "process", "run": 0
    case "step", "task", "note", "qmp": 1
    default: 2
    }
  }

  /// Members with what is too long cut.
  static func bounded(_ members: [JSON.Member]) -> [JSON.Member] {
    members.prefix(40).map { JSON.Member($0.name.cut(100), $0.value.bounded) }
  }
}

extension JSON {
  /// Of a text in a mark, in bytes.
  static let textLimit = 4000

  var roughSize: Int {
    switch self {
    case .string(let text): text.pageSize
    case .array(let elements): elements.reduce(2) { $0 + 1 + $1.roughSize }
    case .object(let members):
      members.reduce(2) { $0 + $1.name.utf8.count + 4 + $1.value.roughSize }
    default: 8
    }
  }

  var bounded: JSON {
    if roughSize <= Self.textLimit { return self }
    if case .string(let text) = self { return .string(text.cut(Self.textLimit)) }
    return .string(encoded.cut(Self.textLimit))
  }
}

extension String {
  /// About the bytes that it takes in the page, where some characters are written longer.
  var pageSize: Int {
    var size = 2
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "<"), 0..<0x20: size += 6
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): size += 2
      default: size += 1
      }
    }
    return size
  }

  /// Its beginning, with what was left out said.
  func cut(_ limit: Int) -> String {
    guard utf8.count > limit else { return self }
    return String(decoding: utf8.prefix(limit), as: UTF8.self)
      + "… (\(utf8.count - limit) bytes more)"
  }
}
