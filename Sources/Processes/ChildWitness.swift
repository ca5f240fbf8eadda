import Events

/// Who is told of each child's beginning and end.
@Supervisor public protocol ChildWitness: AnyObject {
  /// It executes.
  func started(_ child: Child)
  /// It was reaped; nobody else has been told yet.
  func ended(_ child: Child, _ status: ExitStatus)
}
