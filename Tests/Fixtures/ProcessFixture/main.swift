// A run for tests that must end it from outside: what it does is its first argument.
import Events
import Glibc
import Processes

func say(_ text: String) {
  print(text)
  fflush(nil)
}

/// Two processes in one group, neither of which listens to anything but SIGKILL.
let stubborn = """
  trap '' TERM INT HUP
  sleep 1000 &
  echo up $!
  while :; do sleep 1000; done
  """

@Supervisor func launch(_ script: String, output: DescriptorBox? = nil) throws -> Child {
  var command = Command(name: "sh", executable: "sh", arguments: ["-c", Argument(script)])
  if output != nil { command.standardOutput = .descriptor("out") }
  return try Launcher.launch(command, descriptors: output.map { ["out": $0] } ?? [:])
}

/// Launches a child and returns when it has said a line.
@Supervisor func launchAndHear(_ script: String) throws -> Child {
  let (reader, writer) = try Descriptor.pipe().split()
  let child = try launch(script, output: writer)
  var heard: [UInt8] = []
  while !heard.contains(10) {
    heard += try reader.use({ try $0.read(upTo: 100) })!!
  }
  return child
}

/// Starts and ends children and directories as fast as it can, until it is killed.
@Supervisor func churn() async throws {
  var children: [Child] = []
  var directories: [VolatileDirectory] = []
  for turn in 0... {
    children.append(try launch(turn % 3 == 0 ? stubborn : "sleep 1000 & sleep 1000"))
    let directory = try VolatileDirectory(turn % 2 == 0 ? .runtime : .disk)
    directories.append(directory)
    try Folder.make(directory.freshPath("sub") + "/deeper")
    _ = try Descriptor.open(directory.path + "/sub/file", O_WRONLY | O_CREAT)
    symlink("/", directory.path + "/sub/link")
    if children.count > 5 { await children.removeFirst().stop(.kill) }
    if directories.count > 3 { directories.removeFirst().remove() }
  }
}

@Supervisor func ownOneOfEach() throws {
  let child = try launchAndHear(stubborn)
  let directory = try VolatileDirectory.ofRun()
  say("\(child.pid) \(directory.path)")
}

@Supervisor func catchSignals() throws {
  try Signals.install { signal in
    guard signal == .stop else { return say("\(signal)") }
    let (clock, real) = (Instant.now, Instant.monotonic())
    Signals.stopSelf()
    let seconds = Instant.now.seconds(since: clock)
    say("stopped \(seconds < 0.1) \(Double(Instant.monotonic() - real) / 1e9 > 0.2)")
  }
  Signals.add(.user1)
  say("ready")
}

/// Takes ports and leaves them again, as fast as it can, with SO_REUSEADDR on every socket: those
/// that the kernel chooses, and any others that it can get. Says the first.
func grabPorts() {
  var mine: [Int32] = []
  for turn in 0... {
    let kind = turn % 3 == 0 ? SOCK_DGRAM : SOCK_STREAM
    let grabbed = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var on: Int32 = 1
    setsockopt(grabbed, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = (turn % 2 == 0 ? 0 : UInt16.random(in: 32768..<61000)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    withUnsafePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(grabbed, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if kind == SOCK_STREAM { listen(grabbed, 1) }
    mine.append(grabbed)
    if turn == 100 { say("grabbing") }
    if mine.count > 200 { close(mine.removeFirst()) }
  }
}

switch CommandLine.arguments[1] {
case "grab-ports": grabPorts()
case "churn": try Supervisor.wait { try await churn() }
case "own": try Supervisor.sync { try ownOneOfEach() }
case "signals": try Supervisor.sync { try catchSignals() }
case "limit":
  var command = Command(name: "sh", executable: "sh", arguments: ["-c", "ulimit -n"])
  command.standardOutput = .inherited
  let exited = try Supervisor.sync { [command] in try Launcher.launch(command).exited }
  _ = exited.block()
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  say("more here: \(limit.rlim_cur > 512)")
case "clean":
  VolatileDirectory.removeStale()
  exit(0)
case "dismiss":
  try Supervisor.sync {
    try ownOneOfEach()
    Guardian.dismiss()
  }
  say("dismissed")
case "stop-all":
  let statuses = try Supervisor.wait { () async throws in
    let children = [try launchAndHear(stubborn), try launchAndHear("echo up; exec sleep 1000")]
    await Launcher.stopAll(grace: 0.2)
    return children.map { $0.exited.value! }
  }
  say("\(statuses) \(Supervisor.sync { Launcher.living.count })")
default: exit(64)
}
while true { pause() }
