import Events
import Glibc
import Processes

/// Runs a program of the host to its end, while the calling thread sleeps.
struct HostProgram {
  var executable: String
  var arguments: [String]
  /// Where it runs, and where its output is kept meanwhile.
  var folder: String
  /// Seconds.
  var timeout = 300.0

  /// Its standard output. Throws what it said on standard error when it fails.
  func run() throws(GuestError) -> String {
    var command = Command(
      name: executable, executable: executable, arguments: arguments.map { Argument($0) })
    command.workingDirectory = folder
    command.environment = ["LC_ALL": "C"]
    command.standardOutput = .file("\(folder)/output")
    unlink("\(folder)/output")
    let child: Child
    do throws(ProcessError) {
      child = try Supervisor.sync { [command] () throws(ProcessError) in
        try Launcher.launch(command)
      }
    } catch {
      throw GuestError(.missing, error.message)
    }
    let stop: @Sendable () -> Void = {
      Supervisor.post { Task { @Supervisor in await child.stop() } }
    }
    let subscription = GuestImage.cancelled.subscribe(stop)
    defer { subscription.cancel() }
    if GuestImage.cancelled.value != nil { stop() }
    let ended = child.exited.block(until: .after(timeout))
    guard GuestImage.cancelled.value == nil else {
      throw GuestError(.cancelled, "\(executable) was ended: the program is to end")
    }
    guard let status = ended else {
      Supervisor.wait { await child.stop() }
      throw GuestError(.missing, "\(executable) did not end within \(Int(timeout)) s")
    }
    guard status == .exited(code: 0) else {
      let output = Supervisor.sync { child.errorOutput }
      let lines = output.split(whereSeparator: \.isNewline)
      let reason = lines.last { $0.hasPrefix("E:") } ?? lines.last ?? "no reason given"
      throw GuestError(.missing, "\(executable) failed: \(reason)")
    }
    return String(decoding: try Files.read("\(folder)/output"), as: UTF8.self)
  }
}
