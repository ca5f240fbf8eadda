import CProcess
import Events
import Glibc

/// Starts all children; nothing else in the program forks.
@Supervisor public enum Launcher {
  /// Every child alive, oldest first.
  public private(set) static var living: [Child] = []

  /// Told of all children.
  public static var witness: (any ChildWitness)?

  /// For tests: a host whose seccomp filter refuses pidfd_open.
  static var usesPidfd = true

  private static var isPrepared = false

  /// Starts `command`. `descriptors` are moved into the child: under the names that its arguments
  /// use; the boxes are empty afterwards, also when this throws. Of kind `missing` is a program
  /// that is not there, of kind `launch` everything else. Returns once the program executes, which
  /// takes about as long as a fork.
  public static func launch(
    _ command: Command, descriptors: [String: DescriptorBox] = [:]
  ) throws(ProcessError) -> Child {
    defer { for box in descriptors.values { box.close() } }
    do throws(ProcessError) {
      return try start(command, descriptors)
    } catch {
      throw ProcessError(error.kind, "cannot start \(command.name): \(error.message)")
    }
  }

  /// The path of a program that `launch` would start, nil if there is none.
  public nonisolated static func find(_ executable: String) -> String? { Program.find(executable) }

  /// The last resort of a teardown: SIGTERM to all children at once, SIGKILL to those alive after
  /// `grace` seconds; returns when all are reaped.
  public static func stopAll(grace: Double = 0.5) async {
    let deadline = Deadline.after(grace)
    let children = living
    for child in children { child.terminate() }
    for child in children { _ = await child.exited.wait(until: deadline) }
    for child in living { child.signal(SIGKILL) }
    while let child = living.first { _ = await child.exited.wait() }
  }

  static func forget(_ child: Child) { living.removeAll { $0 === child } }

  private static func start(
    _ command: Command, _ descriptors: [String: DescriptorBox]
  ) throws(ProcessError) -> Child {
    if !isPrepared { process_prepare() }
    isPrepared = true

    let path = try locate(command)
    let standard = [command.standardInput, command.standardOutput, command.standardError]
    let numbers = DescriptorNumbers(
      arguments: command.arguments, standard: standard, unmentioned: descriptors.keys)
    try check(numbers, standard, descriptors)

    let line = [command.zeroth ?? command.executable] + command.arguments.map(numbers.text)
    let tail = OutputTail()
    let streams = try StreamWiring(command, descriptors: descriptors, tail: tail)
    defer { streams.finish() }
    let all = streams.numbers + numbers.names.map { descriptors[$0]!.number }

    var birth = try attempt(command, path, line, all)
    if birth.stage == process_stage_guardian {
      try Guardian.restart()
      birth = try attempt(command, path, line, all)
    }
    guard birth.error == 0 else { throw failure(birth, command, path) }
    let child = Child(
      command, line: line, pid: birth.pid, notice: Descriptor(owning: birth.notice), tail: tail,
      drains: streams.drains)
    living.append(child)
    witness?.started(child)
    return child
  }

  private static func locate(_ command: Command) throws(ProcessError) -> String {
    if let path = Program.find(command.executable) { return path }
    if command.executable.contains("/") {
      // It may be there and not be executable: the system says why.
      if Program.exists(command.executable) { return Program.absolute(command.executable) }
      throw ProcessError(.missing, "there is no program \(command.executable)")
    }
    throw ProcessError(.missing, "there is no program '\(command.executable)' in PATH")
  }

  private static func check(
    _ numbers: DescriptorNumbers, _ standard: [Command.Stream],
    _ descriptors: [String: DescriptorBox]
  ) throws(ProcessError) {
    var names = numbers.names
    for case .descriptor(let name) in standard { names.append(name) }
    for name in names {
      guard let box = descriptors[name] else {
        throw ProcessError(.launch, "its descriptor '\(name)' was not given")
      }
      if box.number < 0 {
        throw ProcessError(.launch, "its descriptor '\(name)' was given away before")
      }
    }
  }

  private static func attempt(
    _ command: Command, _ path: String, _ line: [String], _ descriptors: [Int32]
  ) throws(ProcessError) -> process_birth {
    let guardian = try Guardian.socket()
    let environment = Program.environment(changes: command.environment)
    for text in line + environment + [command.workingDirectory ?? ""]
    where text.utf8.contains(0) {
      throw ProcessError(.launch, "an argument contains a zero byte: \(text.debugDescription)")
    }
    let arguments = CStrings(line)
    let variables = CStrings(environment)
    let texts = CStrings([path, command.workingDirectory ?? ""])
    var birth = process_birth()
    descriptors.withUnsafeBufferPointer { descriptors in
      var plan = process_plan(
        path: texts.pointer[0], arguments: arguments.pointer, environment: variables.pointer,
        directory: command.workingDirectory == nil ? nil : texts.pointer[1],
        descriptors: descriptors.baseAddress, descriptor_count: Int32(descriptors.count),
        own_group: command.hasOwnGroup, guardian: guardian, use_pidfd: usesPidfd)
      process_launch(&plan, &birth)
    }
    return birth
  }

  private static func failure(
    _ birth: process_birth, _ command: Command, _ path: String
  ) -> ProcessError {
    let what =
      switch birth.stage {
      case process_stage_fork: "fork"
      case process_stage_group: "process group"
      case process_stage_guardian: "guardian"
      case process_stage_descriptors: "descriptors"
      case process_stage_directory: command.workingDirectory ?? ""
      case process_stage_exec: path
      default: "waiting for it"
      }
    // A script whose interpreter is not there gives the same error as a missing program.
    let hint =
      birth.stage == process_stage_exec && birth.error == ENOENT
      ? " (the interpreter it names is missing)" : ""
    return ProcessError(.launch, ProcessError.system(what, birth.error).message + hint)
  }
}
