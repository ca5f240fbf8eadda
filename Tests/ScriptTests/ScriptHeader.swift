/// What a script under test says of itself in the comments at its top, each on a line of its own:
///
///     -- status: 1                  its exit status, 0 unless said; -N when signal N ends it
///     -- stdout: text               a text that must be there; also `stderr`, `not-stderr`
///     -- options: --timeout 3       for `vmscript run`, before the file
///     -- arguments: a b             for the script, behind the file
///     -- environment: NAME=value    `@` is the run's scratch directory
///     -- limit: 400000              KiB of address space
///     -- scratch: 24M               the size of the scratch directory, a file system of its own then
///     -- signal: INT 2              sent that often when stdout has shown the line "ready"
///     -- unread: stderr             nobody reads it
///     -- run as: program            by its `#!` line; or `stdin`: as `vmscript run -`
///     -- run in: directory          below the project's root; the file's path is absolute then
struct ScriptHeader {
  enum Way: String { case file, program, stdin }

  var status: Int32 = 0
  var standardError: [String] = []
  var absentError: [String] = []
  var standardOutput: [String] = []
  var options: [String] = []
  var arguments: [String] = []
  var environment: [String: String] = [:]
  var limit: String?
  var scratch: String?
  var signals: [String] = []
  var readsErrors = true
  var way = Way.file
  var directory: String?

  init(_ source: String) throws {
    for line in source.split(separator: "\n") {
      guard line.hasPrefix("-- ") || line.hasPrefix("#!") else { break }
      let parts = line.dropFirst(3).split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = String(parts[1].drop { $0 == " " })
      let words = value.split(separator: " ").map(String.init)
      switch parts[0] {
      case "status": status = Int32(value) ?? 255
      case "stderr": standardError.append(value)
      case "not-stderr": absentError.append(value)
      case "stdout": standardOutput.append(value)
      case "options": options += words
      case "arguments": arguments += words
      case "environment":
        let pair = value.split(separator: "=", maxSplits: 1).map(String.init)
        environment[pair[0]] = pair.count > 1 ? pair[1] : ""
      case "limit": limit = value
      case "scratch": scratch = value
      case "signal": signals = Array(repeating: words[0], count: Int(words.last ?? "") ?? 1)
      case "unread": readsErrors = false
      case "run as": way = Way(rawValue: value) ?? .file
      case "run in": directory = value
      default: break
      }
    }
  }
}
