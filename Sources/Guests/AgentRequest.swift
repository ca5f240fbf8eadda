import Events
import Glibc

/// Something asked of the agent and not yet answered.
@Supervisor protocol AgentRequest: AnyObject {
  /// Takes a frame that carries the request's number; true if it was the last.
  func handle(_ frame: Frame, _ body: UnsafeRawBufferPointer) -> Bool
  /// It has been sent: input may follow.
  func begin()
  func fail(_ error: AgentError)
}

extension AgentRequest {
  func begin() {}

  /// What an error frame says.
  nonisolated func error(from body: UnsafeRawBufferPointer) -> AgentError {
    let code = Int32(truncatingIfNeeded: body.littleOrZero(UInt32.self, at: 0))
    let subject = body.text(at: 8, size: 256)
    let reason = String(cString: strerror(code))
    let message =
      switch body.littleOrZero(UInt32.self, at: 4) {
      case 1: "cannot run '\(subject)' in the guest: \(reason)"
      case 2: "cannot enter the folder '\(subject)' in the guest: \(reason)"
      case 3 where code == ENOENT:
        "there is no user '\(subject)' in the guest's /etc/passwd (those of LDAP and the like have to"
          + " be given by number)"
      case 3: "cannot become the user '\(subject)' in the guest: \(reason)"
      case 4 where code == EINVAL: "'\(subject)' in the guest is not a regular file"
      case 4: "'\(subject)' in the guest: \(reason)"
      case 5: "the program was killed for its time-out and does not die"
      case 6: "the guest is going down"
      default: "the agent refused: \(subject): \(reason)"
      }
    let stage = body.littleOrZero(UInt32.self, at: 4)
    return AgentError(stage == 5 ? .stuck : stage == 6 ? .ended : .refused, message, code: code)
  }
}
