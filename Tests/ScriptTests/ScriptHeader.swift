/// What a script under test says of itself in the comments at its top: `-- status: 1`,
/// `-- stderr: text`, `-- stdout: text`, `-- options: --timeout 3`, `-- arguments: a b`,
/// `-- environment: NAME=value`, `-- limit: 400000` (KiB of address space), `-- signal: INT 2`
/// (sent that often when standard output has shown the line "ready").
struct ScriptHeader {
  var status: Int32 = 0
  var standardError: [String] = []
  var absentError: [String] = []
  var standardOutput: [String] = []
  var options: [String] = []
  var arguments: [String] = []
  var environment: [String: String] = [:]
  var limit: String?
  var signals: [String] = []

  init(_ source: String) throws {
    for line in source.split(separator: "\n") where line.hasPrefix("-- ") {
      let parts = line.dropFirst(3).split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = String(parts[1].drop { $0 == " " })
      let words = value.split(separator: " ").map(String.init)
      switch parts[0] {
      case "status": status = Int32(value) ?? -1
      case "stderr": standardError.append(value)
      case "not-stderr": absentError.append(value)
      case "stdout": standardOutput.append(value)
      case "options": options += words
      case "arguments": arguments += words
      case "environment":
        let pair = value.split(separator: "=", maxSplits: 1).map(String.init)
        environment[pair[0]] = pair.count > 1 ? pair[1] : ""
      case "limit": limit = value
      case "signal": signals = Array(repeating: words[0], count: Int(words.last ?? "") ?? 1)
      default: break
      }
    }
  }
}
