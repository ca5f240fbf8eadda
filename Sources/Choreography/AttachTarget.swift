import Events
import Guests
import Machines

/// A machine whose console can be entered. A value of the supervisor's, made on the script's thread.
struct AttachTarget: Sendable {
  let name: String
  let machine: Machine
  private let agent: AgentClient?
  private let serialConsole: String

  init(_ object: MachineObject) {
    name = object.name
    machine = object.machine
    agent = object.agent
    serialConsole = object.serialConsole
  }

  @Supervisor func type(_ keys: [UInt8]) { try? machine.console.send(keys) }

  /// Tells the guest how large the terminal is: the console is a line without that knowledge. Only where
  /// an agent answers.
  @Supervisor func resize(_ size: TerminalSize) {
    guard let agent, agent.ready.value != nil else { return }
    var request = ExecRequest([
      "stty", "-F", "/dev/" + serialConsole, "rows", String(size.rows), "cols",
      String(size.columns),
    ])
    request.standardOutput = .null
    request.standardError = .null
    request.timeout = 5
    _ = agent.exec(request)
  }
}

/// Of a terminal, in characters.
struct TerminalSize: Sendable, Hashable {
  var rows: Int
  var columns: Int
}
