import Events
import Glibc

extension AgentClient {
  /// Runs a program in the guest; `witness` is told when it begins and ends.
  public func exec(
    _ request: ExecRequest, witness: (any CommandWitness)? = nil
  ) -> GuestProcess {
    let number = nextNumber()
    let process = GuestProcess(client: self, number: number, request: request)
    process.witness = witness
    submit(process, number: number, .exec, body: request.encoded())
    return process
  }

  /// Writes a file in the guest, made with `mode`; missing parent folders are made too.
  public func put(
    _ source: PutRequest.Source, to path: [UInt8], mode: UInt32 = 0o644
  ) -> PutRequest {
    let number = nextNumber()
    let request = PutRequest(client: self, number: number, source)
    submit(request, number: number, .put, body: Self.body(path, mode))
    return request
  }

  /// Reads a regular file of the guest, at most `limit` bytes of it; longer ones are an error.
  public func get(_ path: [UInt8], limit: Int = .max) -> GetRequest {
    get(path, GetRequest.Kept(limit: limit))
  }

  /// The same into a file of the host's, however long.
  func get(_ path: [UInt8], into file: HostSink) -> GetRequest { get(path, file) }

  private func get(_ path: [UInt8], _ sink: any ByteSink) -> GetRequest {
    let number = nextNumber()
    let request = GetRequest(client: self, number: number, sink)
    submit(request, number: number, .get, body: Self.body(path))
    return request
  }

  /// The mode, with its type, of what a path leads to in the guest; ENOENT is `errno` of the error.
  func stat(_ path: [UInt8]) -> Event<Result<UInt32, AgentError>> {
    let request = StatRequest()
    submit(request, number: nextNumber(), .stat, body: Self.body(path))
    return request.answer
  }

  /// What is in a folder of the guest, at most `limit` entries; more are an error.
  func list(_ path: [UInt8], limit: Int) -> ListRequest {
    let number = nextNumber()
    let request = ListRequest(client: self, number: number, folder: path, limit: limit)
    submit(request, number: number, .list, body: Self.body(path))
    return request
  }

  /// Makes a folder with this mode; one that is there stays as it is.
  func makeFolder(_ path: [UInt8], mode: UInt32) -> Event<Result<Void, AgentError>> {
    simple(.make, body: Self.body(path, mode))
  }

  /// Makes a symbolic link, in the place of what is there but a folder.
  func makeLink(_ path: [UInt8], to target: [UInt8]) -> Event<Result<Void, AgentError>> {
    var body = Self.body(path)
    body.appendField(.target, target)
    return simple(.make, body: body)
  }

  private static func body(_ path: [UInt8], _ mode: UInt32? = nil) -> [UInt8] {
    var body: [UInt8] = []
    body.appendField(.path, path)
    if let mode { body.appendField(.mode, number: mode) }
    return body
  }

  /// Asks the agent to end the guest; answered before it does, and `leaving` says when it does.
  public func power(_ request: PowerRequest) -> Event<Result<Void, AgentError>> {
    var body: [UInt8] = []
    body.appendLittle(request.rawValue)
    return simple(.power, body: body)
  }

  /// Returns when an agent of another boot than `old`'s is ready, or time is over; or why that boot's guest
  /// cannot be had. qemu-guest-agent may live longer than the agent in a guest that goes down, and bring it
  /// once more, or fail to: another session alone says nothing. `hasBegun`: the machine was reset.
  public func nextBoot(
    after old: AgentReady, until deadline: Deadline, hasBegun: () -> Bool
  ) async -> AgentError? {
    let change = Event<Bool>()
    let subscriptions = [ready, barred].map { (event: any Waking) in
      event.subscribe { change.set(true) }
    }
    defer { for subscription in subscriptions { subscription.cancel() } }
    while true {
      change.clear()
      if let ready = ready.value, ready.session != old.session,
        ready.bootID != old.bootID || ready.bootID.isEmpty
      {
        return nil
      }
      if hasBegun(), let refusal = barred.value { return refusal }
      guard await change.wait(until: deadline) != nil else { return nil }
    }
  }

  /// Sets the guest's clock to the host's and feeds its random generator, as after a fork.
  public func synchronise() -> Event<Result<Void, AgentError>> {
    simple(.sync, body: Self.clockAndSeed())
  }

  /// Answered when the agent's loop comes to it.
  public func ping() -> Event<Result<Void, AgentError>> { simple(.ping, body: []) }

  private func simple(_ kind: Frame.Kind, body: [UInt8]) -> Event<Result<Void, AgentError>> {
    let request = SimpleRequest()
    submit(request, number: nextNumber(), kind, body: body)
    return request.answer
  }
}

extension ExecRequest {
  private struct Flags: OptionSet {
    var rawValue: UInt32
    static let input = Flags(rawValue: 1)
    static let noOutput = Flags(rawValue: 2)
    static let noError = Flags(rawValue: 4)
    static let merge = Flags(rawValue: 8)
    static let reportStart = Flags(rawValue: 16)
  }

  /// The body of an exec frame. Variables go in the order of their names.
  func encoded() -> [UInt8] {
    var body: [UInt8] = []
    for argument in arguments { body.appendField(.argument, argument) }
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      body.appendField(.environment, (value.map { "\(name)=\($0)" } ?? name).utf8)
    }
    if let workingDirectory { body.appendField(.folder, workingDirectory.utf8) }
    if let user { body.appendField(.user, user.utf8) }
    if let timeout {
      let milliseconds = timeout > 0 ? min(timeout * 1000, 1e15).rounded(.up) : 1
      body.appendField(.timeout, number: UInt64(milliseconds))
    }
    var flags: Flags = []
    if case .none = standardInput {} else { flags.insert(.input) }
    if case .null = standardOutput { flags.insert(.noOutput) }
    if case .null = standardError { flags.insert(.noError) }
    if case .merged = standardError { flags.insert(.merge) }
    if reportsStart { flags.insert(.reportStart) }
    body.appendField(.flags, number: flags.rawValue)
    return body
  }
}
