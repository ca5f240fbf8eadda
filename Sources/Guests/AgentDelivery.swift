import Events
import Notation
import Processes

/// Brings vmscript's agent into a guest that has qemu-guest-agent, in each of its boots: writes the
/// program into a folder of the guest's memory and starts it. qemu-guest-agent itself keeps a
/// command's output until its end, streams nothing and kills nothing.
@Supervisor public final class AgentDelivery {
  private let client: QGAClient
  private let agent: AgentClient
  private let isSole: Bool
  private let program: [UInt8]?
  /// Counts the conversations: a delivery that is not of the present one stops.
  private var conversation = 0
  private var isOpen = false
  private var isHeard = false

  /// Takes the host's end of qemu-guest-agent's channel. `isSole`: nobody else will start `agent`,
  /// so that a guest that refuses is given up at once.
  public convenience init(_ box: DescriptorBox, to agent: AgentClient, isSole: Bool) {
    self.init(box, to: agent, isSole: isSole, program: nil)
  }

  /// For tests: another program than the agent.
  init(_ box: DescriptorBox, to agent: AgentClient, isSole: Bool, program: [UInt8]?) {
    client = QGAClient(box)
    self.agent = agent
    self.isSole = isSole
    self.program = program
    begin()
  }

  /// What is known of a guest whose agent is not ready, and what to do; nil if that is said already.
  public var state: String? {
    if agent.barred.value != nil { return nil }
    if let version = agent.strangerVersion {
      return "one of version \(version) answers, which is not this program's"
    }
    if isHeard { return "qemu-guest-agent answers, and is starting vmscript's agent" }
    if isOpen { return "something has opened org.qemu.guest_agent.0 and does not answer" }
    return """
      nothing has opened org.qemu.guest_agent.0 in this boot: install qemu-guest-agent in the image \
      and see that its service runs
      """
  }

  /// The machine was reset: the next boot needs the agent anew.
  public func forgetGuest() {
    isOpen = false
    begin()
  }

  /// A program of the guest opened or closed qemu-guest-agent's port.
  public func portChanged(isOpen: Bool) {
    self.isOpen = isOpen
    // What was sent before may have been lost.
    if isOpen && agent.ready.value == nil { begin() }
  }

  /// The same for the agent's own port. A guest that goes down ends its agent too.
  public func agentPortChanged(isOpen: Bool) {
    guard !isOpen, agent.ready.value != nil else { return }
    agent.forgetAgent()
    begin()
  }

  /// Asks qemu-guest-agent to power the guest off; false if it does not answer.
  public func powerOff() async -> Bool {
    guard isHeard else { return false }
    do throws(AgentError) {
      try await client.synchronise(until: .after(5))
    } catch {
      return false
    }
    client.send("guest-shutdown", ["mode": "powerdown"])
    return true
  }

  private func begin() {
    conversation += 1
    isHeard = false
    client.forgetGuest()
    // A new conversation is a new chance.
    agent.barred.clear()
    let present = conversation
    Task { @Supervisor [weak self] in await self?.deliver(present) }
  }

  private func deliver(_ present: Int) async {
    do throws(AgentError) {
      try await client.synchronise()
      guard present == conversation, agent.ready.value == nil else { return }
      isHeard = true
      try await start(present)
    } catch {
      // Another agent may be on its way.
      let patience = isSole ? 0.0 : 10
      if await agent.ready.wait(until: .after(patience)) != nil { return }
      guard present == conversation, error.kind != .ended else { return }
      agent.bar(AgentError(.barred, error.message))
    }
  }

  // MARK: The guest's side

  /// Runs a command of conversation `present`. One that is over has no more to say: it would talk
  /// into the next.
  private func ask(
    _ present: Int, _ command: String, _ arguments: JSON? = nil
  ) async throws(AgentError) -> JSON {
    guard present == conversation else {
      throw AgentError(.restarted, "the guest started again meanwhile")
    }
    return try await client.execute(command, arguments)
  }

  private static let needed = [
    "guest-exec", "guest-exec-status", "guest-file-open", "guest-file-write", "guest-file-close",
  ]
  /// Folders of memory first. Some guests let nothing be run from one or the other: Debian's
  /// initramfs mounts /run noexec.
  nonisolated static let folders = ["/dev/shm", "/run", "/tmp", "/var/tmp", "/root"]

  private func start(_ present: Int) async throws(AgentError) {
    let commands = try await ask(present, "guest-info")["supported_commands"]?.elements ?? []
    let allowed = Set(
      commands.filter { $0["enabled"]?.boolean == true }.compactMap { $0["name"]?.text })
    let missing = Self.needed.filter { !allowed.contains($0) }
    guard missing.isEmpty else {
      throw AgentError(
        .barred,
        """
        the guest's qemu-guest-agent does not allow \(missing.joined(separator: ", ")): take it from \
        block-rpcs or blacklist in the guest's /etc/qemu/qemu-ga.conf, or its service's arguments, \
        or have vmscript's own agent in the image
        """)
    }
    var reasons: [String] = []
    for folder in Self.folders {
      do throws(AgentError) {
        return try await start(present, in: folder)
      } catch {
        guard error.kind == .refused else { throw error }
        reasons.append("\(folder): \(error.message)")
      }
    }
    throw AgentError(
      .barred,
      "qemu-guest-agent cannot start vmscript's agent in the guest (guest-exec): "
        + reasons.joined(separator: "; "))
  }

  private func start(_ present: Int, in folder: String) async throws(AgentError) {
    let path = "\(folder)/vmscript-agent-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    try await upload(present, program ?? EmbeddedAgent.bytes, to: path)
    // The agent removes its file, and goes on by itself when it has its port.
    let replaces = agent.strangerVersion == nil ? "" : " --replace"
    let script = """
      chmod 700 '\(path)' && '\(path)' --detach\(replaces) || \
      { code=$?; rm -f '\(path)'; exit $code; }
      """
    let (code, text) = try await run(present, script)
    guard code == 0 else {
      throw AgentError(.refused, text.isEmpty ? "exit status \(code)" : text)
    }
    if await agent.ready.wait(until: .after(60)) == nil {
      throw AgentError(.barred, "vmscript's agent was started in the guest and does not answer")
    }
  }

  private func upload(_ present: Int, _ bytes: [UInt8], to path: String) async throws(AgentError) {
    let file = try await ask(present, "guest-file-open", ["path": .string(path), "mode": "wb"])
    // Two thirds of what virtio_console takes in one go, as base64.
    let size = 48 << 10
    do throws(AgentError) {
      for start in stride(from: 0, to: bytes.count, by: size) {
        let part = bytes[start..<min(bytes.count, start + size)]
        let written = try await ask(
          present,
          "guest-file-write", ["handle": file, "buf-b64": .string(Base64.encode(part))])
        guard written["count"]?.integer == Int64(part.count) else {
          throw AgentError(.refused, "no room for \(bytes.count) bytes")
        }
      }
    } catch {
      if error.kind == .refused {
        _ = try? await ask(present, "guest-file-close", ["handle": file])
      }
      throw error
    }
    _ = try await ask(present, "guest-file-close", ["handle": file])
  }

  /// Runs a shell's command to its end, of which qemu-guest-agent does not tell: it has to be asked.
  private func run(_ present: Int, _ script: String) async throws(AgentError) -> (
    code: Int64, error: String
  ) {
    let started = try await ask(
      present,
      "guest-exec",
      [
        "path": "/bin/sh", "arg": ["-c", .string(script)], "capture-output": true,
      ])
    guard let pid = started["pid"] else { throw AgentError(.refused, "guest-exec gave no pid") }
    let never = Event<Bool>()
    let deadline = Deadline.after(60)
    var pause = 0.02
    while true {
      let status = try await ask(present, "guest-exec-status", ["pid": pid])
      if status["exited"]?.boolean == true {
        let text = status["err-data"]?.text.flatMap(Base64.decode) ?? []
        let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
        let signal = status["signal"]?.integer.map { 128 + $0 }
        return (status["exitcode"]?.integer ?? signal ?? 1, lines.last.map(String.init) ?? "")
      }
      if deadline.hasPassed {
        throw AgentError(.barred, "the guest's shell does not come to an end")
      }
      _ = await never.wait(until: .after(pause))
      pause = min(pause * 1.5, 0.5)
    }
  }
}
