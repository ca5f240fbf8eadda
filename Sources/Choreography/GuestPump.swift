import Events
import Guests
import Machines

/// Between a program in the guest and the script that reads from it and writes to it: takes of its
/// output what the script has room for, so that a program whose output nobody reads waits.
@Supervisor final class GuestPump {
  nonisolated let output: Inbox?
  nonisolated let errorOutput: Inbox?
  nonisolated let input: Outbox
  let process: GuestProcess
  private let machine: Machine
  private var subscriptions: [Subscription] = []
  private var isDiscarding = false

  /// Bytes of each output that wait for the script; the agent's window comes on top.
  private static let limit = 1 << 20

  init(_ process: GuestProcess, of machine: Machine, request: ExecRequest) {
    self.process = process
    self.machine = machine
    output = if case .stream = request.standardOutput { Inbox(limit: Self.limit) } else { nil }
    errorOutput = if case .stream = request.standardError { Inbox(limit: Self.limit) } else { nil }
    input = Outbox()
    process.onInput { [input] in input.took($0) }
    // They hold this one until the program has ended, whether the script keeps it or not.
    let pump: @Sendable () -> Void = { Supervisor.post { self.pump() } }
    subscriptions = [process.readable.subscribe(pump), process.exited.subscribe(pump)]
    for inbox in [output, errorOutput] { inbox?.whenRoom(pump) }
    pump()
  }

  /// Nobody reads any more: the program goes on, and its output is thrown away.
  func discard() {
    isDiscarding = true
    pump()
  }

  private func pump() {
    guard !subscriptions.isEmpty else { return }
    let isOutputOver = move(.output, to: output)
    let isErrorOver = move(.error, to: errorOutput)
    guard let ended = process.exited.value else { return }
    input.reset(refusal: MachineError(.connection, "the program in the guest has ended"))
    guard isOutputOver && isErrorOver else { return }
    subscriptions = []
    switch ended {
    case .success: end(nil)
    case .failure(let error) where error.kind == .ended:
      // The channel ends a little before QEMU, whose end says more.
      Task { @Supervisor in
        let exit = await self.machine.exited.wait(until: .after(2))
        self.end(exit?.error(machine: self.machine.name) ?? self.failure(error))
      }
    case .failure(let error): end(failure(error))
    }
  }

  /// Whether nothing more will come.
  private func move(_ stream: GuestProcess.Stream, to inbox: Inbox?) -> Bool {
    guard let inbox else { return true }
    while isDiscarding || inbox.hasRoom {
      guard let bytes = process.read(stream, atMost: 1 << 16) else { return true }
      if bytes.isEmpty { return false }
      if !isDiscarding { inbox.append(bytes) }
    }
    return false
  }

  private func failure(_ error: AgentError) -> MachineError {
    MachineError(
      .agent, "a program on machine '\(machine.name)' was lost: \(error.message)",
      machine: machine.name)
  }

  private func end(_ failure: MachineError?) {
    for inbox in [output, errorOutput] { inbox?.end(failure) }
  }
}
