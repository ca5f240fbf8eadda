import CProcess
import Events
import Glibc

/// A small process that outlives this one by a moment: when this one ends, however it ends, it
/// kills the children's process groups (PR_SET_PDEATHSIG reaches only the children themselves),
/// removes the volatile directories, and gives the terminal back its mode. It starts when there is first something to guard.
@Supervisor public enum Guardian {
  private static var ours: DescriptorBox?
  private static var watch: Watch?
  private static var targets: Set<Int32> = []
  private static var directories: Set<String> = []
  private static var terminalMode: termios?

  /// Nil when there is none.
  private(set) static var pid: Int32?

  /// Ends the guardian and returns when it is gone: the last act of a run. Children that still live
  /// are killed and directories removed by it, within about two seconds.
  public static func dismiss() {
    release()
    targets = []
    directories = []
    terminalMode = nil
  }

  /// The directory is removed when this process ends. To be called before it is made.
  public static func add(directory: String) throws(ProcessError) {
    _ = try socket()
    directories.insert(directory)
    try tell(guardian_add_directory, path: directory)
  }

  /// It is gone, or to stay.
  public static func remove(directory: String) {
    guard directories.remove(directory) != nil else { return }
    try? tell(guardian_remove_directory, path: directory)
  }

  /// Only notes it, for a guardian that takes over: a child tells the present one itself.
  static func add(_ target: Int32) { targets.insert(target) }

  static func remove(_ target: Int32) {
    guard targets.remove(target) != nil else { return }
    try? tell(guardian_remove_target, target: target)
  }

  /// The mode that the terminal on standard input is to have when this process has ended, however
  /// that comes about; nil leaves it as it is then.
  public static func keepTerminal(_ mode: termios?) {
    terminalMode = mode
    guard let number = try? socket() else { return }
    if var mode {
      _ = guardian_send_terminal(number, 0, &mode)
    } else {
      try? tell(guardian_forget_terminal)
    }
  }

  /// Where children register themselves.
  static func socket() throws(ProcessError) -> Int32 {
    if ours == nil { try start() }
    return ours!.number
  }

  /// In the place of one that somebody killed.
  static func restart() throws(ProcessError) {
    release()
    try start()
  }

  private static func start() throws(ProcessError) {
    // Packets keep requests whole, and a socket can be written without a SIGPIPE.
    var numbers: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &numbers) == 0 else {
      throw ProcessError.system("socketpair", errno)
    }
    let mine = DescriptorBox(Descriptor(owning: numbers[0]))
    let theirs = Descriptor(owning: numbers[1])
    let id = guardian_start(theirs.number, mine.number)
    guard id > 0 else { throw ProcessError.system("guardian: fork", -id) }
    ours = mine
    pid = id
    for target in targets { try tell(guardian_add_target, target: target) }
    for directory in directories { try tell(guardian_add_directory, path: directory) }
    if var mode = terminalMode { _ = guardian_send_terminal(mine.number, 0, &mode) }
    watch = Watch(mine.number, for: []) { _ in try? restart() }
  }

  private static func release() {
    watch?.cancel()
    watch = nil
    ours?.close()
    ours = nil
    if let pid { _ = process_reap(pid) }
    pid = nil
  }

  private static func tell(
    _ request: guardian_request, target: Int32 = 0, path: String? = nil
  ) throws(ProcessError) {
    let code = guardian_send(ours?.number ?? -1, request, target, path)
    if code != 0 { throw ProcessError.system("guardian", code) }
  }
}
