import Events
import Glibc
import Testing

@testable import Processes

/// What a child left: how it ended and what it wrote.
struct Outcome: Equatable {
  var status: Processes.ExitStatus
  var output: String
}

/// A shell command with output captured.
func shell(_ script: String, _ arguments: [Argument] = []) -> Command {
  Command(name: "sh", executable: "sh", arguments: ["-c", Argument(script), "sh"] + arguments)
    .captured
}

extension Command {
  /// With its output kept by the child object.
  var captured: Command {
    var command = self
    command.standardOutput = .captured
    return command
  }
}

/// Runs a command to its end, which must come within 20 seconds.
@Supervisor func run(
  _ command: Command, descriptors: [String: DescriptorBox] = [:]
) async throws -> Outcome {
  let child = try Launcher.launch(command, descriptors: descriptors)
  guard let status = await child.exited.wait(until: .after(20)) else {
    await child.stop(.kill)
    Issue.record("\(command.name) did not end: \(child.errorOutput)")
    return Outcome(status: .exited(code: -1), output: child.errorOutput)
  }
  return Outcome(status: status, output: child.errorOutput)
}

/// Reads from a descriptor that waits until there are `count` lines, or the end.
func lines(_ count: Int, from box: DescriptorBox) throws -> [String] {
  var bytes: [UInt8] = []
  while bytes.count(where: { $0 == 10 }) < count,
    let more = try box.use({ try $0.read(upTo: 4096) }) ?? nil, !more.isEmpty
  {
    bytes += more
  }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// Whether a process is there and not a zombie.
func isAlive(_ pid: Int32) -> Bool {
  guard let status = contents("/proc/\(pid)/stat") else { return false }
  let state = status.split(separator: ")").last?.split(separator: " ").first
  return state != "Z" && state != "X"
}

func contents(_ path: String) -> String? {
  guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
  var bytes: [UInt8] = []
  while let more = try? file.read(upTo: 65536), !more.isEmpty { bytes += more }
  return String(decoding: bytes, as: UTF8.self)
}

/// Looks again until `condition` holds or ten seconds have passed: for what other processes do,
/// of which the kernel gives this one no notice.
func eventually(_ condition: () -> Bool) -> Bool {
  let deadline = Deadline.after(10)
  while !condition() {
    if deadline.hasPassed { return false }
    usleep(2000)
  }
  return true
}

/// Lets the supervisor go on for some seconds: to come at a moment that nothing announces.
@Supervisor func pass(_ seconds: Double) async {
  _ = await Event<Void>().wait(until: .after(seconds))
}
