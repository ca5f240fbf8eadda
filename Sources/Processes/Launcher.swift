import Events

/// Starts all children; nothing else in the program forks.
@Supervisor public enum Launcher {
  /// Starts `command`. `descriptors` are moved into the child: under the names that its arguments
  /// use; the boxes are empty afterwards, also when this throws.
  public static func launch(
    _ command: Command, descriptors: [String: DescriptorBox] = [:]
  ) throws(ProcessError) -> Child { fatalError("unwritten") }

  /// The path of a program that `launch` would start, nil if there is none.
  public nonisolated static func find(_ executable: String) -> String? { fatalError("unwritten") }

  /// Every child alive, oldest first.
  public static var living: [Child] { fatalError("unwritten") }
}
