import Scripting

/// What was found on a console, and where.
struct ConsoleMatch {
  /// Which of several texts it was.
  var key: Value?
  /// The matched text, then the captures.
  var values: [Value]
  /// The line that has it, as far as it had come.
  var line: [UInt8]
  /// The line has ended, as a prompt's has not.
  var isFinished: Bool
  /// Of the line in this boot, from 1.
  var number: Int
  /// Where in the line it begins, from 1.
  var column: Int
  /// When the line came, in seconds since the run began.
  var seconds: Double?
  /// What stands between the last match and this one, if that was asked for.
  var before: [UInt8]?

  /// Key, match, captures.
  var results: [Value] { (key.map { [$0] } ?? []) + values }

  /// All of it as a table.
  var table: Table {
    var fields: [(key: String, value: Value)] = [
      ("captures", .table(Table(positions: Array(values.dropFirst())))),
      ("column", .integer(Int64(column))), ("finished", .boolean(isFinished)),
      ("line", .string(line)),
      ("number", .integer(Int64(number))), ("text", values[0]),
    ]
    if let before { fields.append(("before", .string(before))) }
    if let key { fields.append(("key", key)) }
    if let seconds { fields.append(("time", .number(seconds))) }
    return Table(fields: fields)
  }
}
