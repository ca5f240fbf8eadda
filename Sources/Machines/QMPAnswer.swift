import Events
import Notation
import Record

/// A command of QMP's that was answered, or never will be.
struct QMPAnswer {
  var command: String
  var arguments: JSON?
  /// Until the answer.
  var seconds: Double
  var result: Result<JSON, MachineError>
  /// Of the answer's text.
  var length: Int

  /// Of an answer or of data, in bytes; longer ones are not told.
  static let limit = 2000

  func tell(_ timeline: Timeline, machine: String) {
    guard timeline.admits(.qmp) else { return }
    var value: JSON?
    var error: String?
    switch result {
    case .success(let answer): value = answer
    case .failure(let refusal): error = refusal.message
    }
    let isLong = length > Self.limit
    timeline.tell(
      .qmp,
      [
        "machine": .string(machine), "command": .string(command),
        "arguments": arguments.flatMap { $0.encoded.utf8.count > Self.limit ? nil : $0 },
        "seconds": .seconds(seconds), "return": isLong ? nil : value,
        "return_bytes": isLong ? .integer(Int64(length)) : nil, "error": error.map { .string($0) },
      ])
  }
}

extension Timeline {
  func tellQMP(_ event: QMPEvent, machine: String) {
    guard admits(.qmp) else { return }
    let isEmpty = event.data == .object([]) || event.data.encoded.utf8.count > QMPAnswer.limit
    tell(
      .qmp,
      [
        "machine": .string(machine), "event": .string(event.name),
        "data": isEmpty ? nil : event.data,
      ])
  }
}
