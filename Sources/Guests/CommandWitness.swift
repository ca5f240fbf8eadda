import Events

/// Who is told of a program's life in the guest.
@Supervisor public protocol CommandWitness: AnyObject, Sendable {
  /// The agent has been asked to start it.
  func began()
  /// It has ended, or came to nothing; perhaps without having begun.
  func ended(_ result: Result<ExecResult, AgentError>)
}
