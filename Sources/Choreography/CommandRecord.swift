import Events
import Guests
import Notation
import Record
import Synchronization

/// Tells the run's timeline of one command in a guest.
@Supervisor final class CommandRecord: CommandWitness {
  private nonisolated static let count = Atomic<Int>(0)

  private nonisolated let timeline: Timeline
  private nonisolated let machine: String
  private nonisolated let command: String
  private nonisolated let number: Int
  private var begin: Instant?

  nonisolated init(_ timeline: Timeline, _ machine: String, _ command: String) {
    self.timeline = timeline
    self.machine = machine
    self.command = shortened(command)
    number = Self.count.add(1, ordering: .relaxed).newValue
  }

  func began() {
    guard begin == nil, timeline.admits(.command) else { return }
    begin = .now
    tell("begin", [])
  }

  func ended(_ result: Result<ExecResult, AgentError>) {
    guard let begin else { return }
    var members: [JSON.Member] = []
    switch result {
    case .success(let result):
      switch result.status {
      case .exited(let code): members.append(JSON.Member("code", .integer(Int64(code))))
      case .signalled(let number): members.append(JSON.Member("signal", .integer(Int64(number))))
      }
    case .failure(let error): members.append(JSON.Member("error", .string(error.message)))
    }
    members.append(JSON.Member("seconds", .seconds(Instant.now.seconds(since: begin))))
    tell("end", members)
  }

  private func tell(_ phase: String, _ members: [JSON.Member]) {
    timeline.tell(
      .command,
      [
        JSON.Member("phase", .string(phase)), JSON.Member("machine", .string(machine)),
        JSON.Member("id", .integer(Int64(number))), JSON.Member("command", .string(command)),
      ] + members)
  }
}
