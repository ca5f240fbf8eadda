import Events
import Notation
import Processes
import Record

/// Tells the run's timeline of each process that the run starts.
@Supervisor final class ChildRecord: ChildWitness {
  private let timeline: Timeline
  private var began: [Int32: Instant] = [:]

  init(_ timeline: Timeline) { self.timeline = timeline }

  func started(_ child: Child) {
    guard timeline.admits(.process) else { return }
    began[child.pid] = .now
    let command = child.commandLine.map { JSON.string($0) }
    tell("launch", child, [JSON.Member("command", .array(command))])
  }

  func ended(_ child: Child, _ status: ExitStatus) {
    guard let began = began.removeValue(forKey: child.pid) else { return }
    let how =
      switch status {
      case .exited(let code): JSON.Member("code", .integer(Int64(code)))
      case .signalled(let number): JSON.Member("signal", .integer(Int64(number)))
      }
    tell(
      "exit", child, [how, JSON.Member("seconds", .seconds(Instant.now.seconds(since: began)))])
  }

  private func tell(_ phase: String, _ child: Child, _ more: [JSON.Member]) {
    let machine = child.machine.map { [JSON.Member("machine", .string($0))] } ?? []
    timeline.tell(
      .process,
      [
        JSON.Member("phase", .string(phase)), JSON.Member("name", .string(child.name)),
        JSON.Member("pid", .integer(Int64(child.pid))),
      ] + machine + more)
  }
}
