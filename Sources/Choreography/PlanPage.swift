import Machines
import Notation

/// Lines of a plan, none longer than a terminal's 80 columns where words allow it.
struct PlanPage {
  private var lines: [String] = []

  var text: String { lines.joined(separator: "\n") }

  mutating func head(_ text: String) {
    if !lines.isEmpty { lines.append("") }
    fold(text, first: "", others: "  ")
  }

  mutating func add(_ text: String) { fold(text, first: "  ", others: "      ") }

  mutating func add(variables: [(name: String, value: String?)]) {
    for (name, value) in variables { add(value.map { "\(name)=\($0)" } ?? "\(name) is removed") }
  }

  /// On one line if it has room there, else with a line for each option and its value.
  mutating func add(command: [String]) {
    let words = command.map(Self.quoted)
    let line = "  " + words.joined(separator: " ")
    if line.count <= Plan.width && !line.contains("\n") { return lines.append(line) }
    var groups: [String] = []
    for word in words {
      if groups.isEmpty || word.hasPrefix("-") || groups.count == 1 {
        groups.append(word)
      } else {
        groups[groups.count - 1] += " " + word
      }
    }
    for (index, group) in groups.enumerated() {
      fold(group, first: index == 0 ? "  " : "    ", others: "        ")
    }
  }

  /// Quoted as for a shell where a person would trip; a descriptor's `<net0>` is none that one could
  /// give to a shell anyway.
  private static func quoted(_ word: String) -> String {
    let plain = word.filter { $0 != "<" && $0 != ">" }
    return StandaloneCommand.quoted(plain) == plain && !word.isEmpty
      ? word : StandaloneCommand.quoted(word)
  }

  private mutating func fold(_ text: String, first: String, others: String) {
    lines += Folding.lines(Report.oneLine(text), width: Plan.width, first: first, others: others)
  }
}
