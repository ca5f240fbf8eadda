import Scripting

/// What a wait looks for on a console: one text, or several, of which the one that comes first
/// counts; of two at one place the first of the list, then the first by sorted name.
struct ConsoleTexts {
  struct Item {
    /// What tells which one came; nil for a text that stands alone.
    var key: Value?
    var text: ConsoleText
  }

  let items: [Item]

  /// A text, a pattern, or a table of them.
  init(_ value: Value, of function: String) throws(ScriptError) {
    guard case .table(let table) = value else {
      items = [Item(key: nil, text: try ConsoleText(value, of: function))]
      return
    }
    var items: [Item] = []
    for (index, value) in table.positions.enumerated() {
      items.append(
        Item(key: .integer(Int64(index + 1)), text: try ConsoleText(value, of: function)))
    }
    for (name, value) in table.fields {
      items.append(Item(key: .string(name), text: try ConsoleText(value, of: function)))
    }
    guard table.entries.isEmpty else { throw .usage("\(function): positions have gaps") }
    guard !items.isEmpty else { throw .usage("\(function) wants at least one text to look for") }
    self.items = items
  }

  init(_ text: ConsoleText) { items = [Item(key: nil, text: text)] }

  var shown: String {
    let texts = items.map(\.text.shown)
    return texts.count < 5
      ? texts.joined(separator: " or ") : "any of \(texts.count) console texts, \(texts[0]) …"
  }

  enum Outcome {
    case found(Item, ConsoleText.Match)
    case none
    case stopped
  }

  func find(
    in line: UnsafeBufferPointer<UInt8>, from start: Int, goOn: () -> Bool
  ) -> Outcome {
    var best: (Item, ConsoleText.Match)?
    for item in items {
      switch item.text.find(in: line, from: start, goOn: goOn) {
      case .none: continue
      case .stopped: return .stopped
      case .found(let match):
        if let best, best.1.range.lowerBound <= match.range.lowerBound { continue }
        best = (item, match)
      }
    }
    return best.map { .found($0.0, $0.1) } ?? .none
  }
}
