import Notation

/// Which tests are wanted.
public struct Selection: Sendable, Equatable {
  /// Texts of which one must be in `FILE: TEST`; in them `*` stands for any text.
  public var filters: [String] = []
  /// Names of which a test must have one; nil for all.
  public var names: [String]?
  /// Each must hold: `net,disk` for one of these tags, `!slow` for none.
  public var tags: [String] = []

  public init() {}

  public var isEverything: Bool { self == Selection() }

  /// Whether it takes a test of a file; `name` nil stands for a file that is a test by itself.
  public func includes(file: String, name: String?, tags given: [String]) -> Bool {
    if let names, !(name.map(names.contains) ?? false) { return false }
    let text = name.map { "\(file): \($0)" } ?? file
    guard filters.isEmpty || filters.contains(where: { Self.matches($0, text) }) else {
      return false
    }
    return tags.allSatisfy { rule in
      let isNegative = rule.hasPrefix("!")
      let wanted = (isNegative ? rule.dropFirst() : rule[...]).split(separator: ",")
      return given.contains { tag in wanted.contains { $0 == tag } } != isNegative
    }
  }

  /// Whether the pieces between stars are in the text, one behind the other.
  private static func matches(_ filter: String, _ text: String) -> Bool {
    var rest = text[...]
    for piece in filter.split(separator: "*") {
      guard let found = rest.firstRange(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }

  // MARK: As JSON, for the run of a file

  var json: JSON {
    func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
    return [
      "filters": list(filters), "names": names.map(list) ?? .null, "tags": list(tags),
    ]
  }

  init(_ json: JSON?) {
    func texts(_ name: String) -> [String]? { json?[name]?.elements?.compactMap(\.text) }
    filters = texts("filters") ?? []
    names = texts("names")
    tags = texts("tags") ?? []
  }
}
