import Events
import Machines
import Scripting

/// What scripts wait for of one process.
protocol ProcessEvent: ScriptObject, Waitable {
  var subject: ProcessObject { get }
}

extension ProcessEvent {
  static var typeName: String { "event" }
  var mortal: (any Mortal)? { subject }
  var shown: String { "event: \(fullPurpose)" }
}

/// `p:exited()`: the process is gone. Gives good ends as a value.
final class ProcessExitedEvent: ProcessEvent {
  let subject: ProcessObject

  init(_ process: ProcessObject) { subject = process }

  var purpose: String { "the end" }
  var isExit: Bool { true }
  var wakers: [any Waking] { [subject.process.exited] }

  func outcome() -> Outcome? {
    guard let exit = subject.process.exited.value else { return nil }
    subject.isEndClaimed = true
    if exit.isGood || subject.mayExit {
      return .success { call in call.results(.table(Table(exit: exit))) }
    }
    return .failure(subject.explained(exit.error(process: subject.name)))
  }
}

/// `p:output(text)`: it has written that since its start; or `expect`, from the last match on.
final class ProcessTextEvent: ProcessEvent {
  let subject: ProcessObject
  private let text: ConsoleText
  private let cursor: ConsoleCursor
  private let isLevel: Bool
  private var found: [Value]?

  /// `cursor` nil looks from the start and keeps what it found.
  init(_ process: ProcessObject, _ text: ConsoleText, cursor: ConsoleCursor? = nil) {
    subject = process
    self.text = text
    isLevel = cursor == nil
    self.cursor = cursor ?? ConsoleCursor(process.process.console)
  }

  var purpose: String { "text \(text.shown)" }
  var wakers: [any Waking] { [cursor.changed] }

  func outcome() -> Outcome? {
    do throws(ScriptError) {
      if isLevel && cursor.followBoot() { found = nil }
      if found == nil || !isLevel { found = try cursor.next(text, subject.run.interpreter) }
    } catch {
      return .failure(error)
    }
    guard let found else { return nil }
    return .success { call in
      for value in found { call.push(value) }
      return found.count
    }
  }
}
