import Events
import Guests
import Machines

/// What a start of a machine has brought: who talks to its guest. Made on the supervisor, which may
/// start a machine while the script waits for something else.
struct MachineBoot: Sendable {
  /// The client of its agent; nil if it has none.
  let agent: AgentClient?
  /// What brings that agent into a guest that has qemu-guest-agent; nil where only the agent itself
  /// is listened for.
  let delivery: AgentDelivery?
  private let subscriptions: [Subscription]

  /// Starts the machine. `isSole`: only qemu-guest-agent can bring the agent into the guest.
  @Supervisor init(
    _ machine: Machine, _ changes: Machine.Changes, isSole: Bool
  ) throws(MachineError) {
    try machine.start(changes)
    let channels = machine.agentChannels
    let agent = channels.first.map { AgentClient($0, isReplaceable: channels.count > 1) }
    var delivery: AgentDelivery?
    if let agent, channels.count > 1 {
      delivery = AgentDelivery(channels[1], to: agent, isSole: isSole)
    }
    self.agent = agent
    self.delivery = delivery
    let name = machine.name
    var subscriptions = [
      machine.onEvent { [delivery] event in
        switch event.name {
        case "RESET":
          agent?.forgetGuest()
          delivery?.forgetGuest()
        case "VSERPORT_CHANGE":
          let isOpen = event.data["open"]?.boolean == true
          if event.data["id"]?.text == "agent2" { delivery?.portChanged(isOpen: isOpen) }
          if event.data["id"]?.text == "agent" { delivery?.agentPortChanged(isOpen: isOpen) }
        default: break
        }
      },
      machine.exited.subscribe { Supervisor.post { HostRoom.shared.leave(name) } },
    ]
    if let agent {
      agent.onTimerless = { [weak machine] in
        if let text = machine?.guestHasNoTimer() { Ending.shared.tell("vmscript: \(text)") }
      }
      agent.onReady = { [weak machine] ready in
        machine?.agentIsReady(
          at: ready.at, uptime: ready.uptime,
          initUptime: ready.isInit && ready.initUptime > 0 ? ready.initUptime : nil)
      }
      subscriptions.append(
        agent.leaving.subscribe {
          guard let leaving = agent.leaving.value else { return }
          Supervisor.post { machine.guestGoesDown("\(leaving)") }
        })
    }
    self.subscriptions = subscriptions
  }
}
