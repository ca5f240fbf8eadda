import Events
import Glibc
import Processes

/// The host's part of one end of a cable. While no machine has the end, what arrives is taken in
/// here: for the script if it reads, and so that nothing is left to arrive late at the machine that
/// gets the end next.
@Supervisor final class CableSide {
  /// Frames beyond this many bytes are dropped, as a full network card would; a stream's sender
  /// waits.
  nonisolated static let limit = 1 << 20

  nonisolated let label: String
  nonisolated let inbox: Inbox
  nonisolated let outbox: Outbox
  private(set) var holder: String?
  /// What messages call the holder: "machine" or "process".
  private var holderKind = "machine"
  private(set) var setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)?
  var isPlugged = true
  /// That of the machine that has the end.
  var mac: String?
  /// The machine at the other end has ended.
  private var hasEnded = false

  private var kind = Cable.Kind.frames
  private var socket: DescriptorBox?
  private var watch: Watch?
  private var outgoing = ByteQueue()

  nonisolated init(label: String) {
    self.label = label
    let nowhere = MachineError(
      .usage, "the cable of '\(label)' leads nowhere: give its other end to a machine first")
    inbox = Inbox(limit: Self.limit, refusal: nowhere)
    outbox = Outbox(refusal: nowhere)
    inbox.whenRoom { [weak self] in Supervisor.post { self?.updateInterest() } }
  }

  isolated deinit { watch?.cancel() }

  func open(_ socket: DescriptorBox, _ kind: Cable.Kind) {
    self.socket = socket
    self.kind = kind
    giveToScript()
  }

  /// Gives the end to a machine: a duplicate of its socket.
  func claim(
    _ machine: String, as what: String,
    setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)? = nil
  ) throws(MachineError) -> DescriptorBox {
    try reserve(machine, what)
    watch?.cancel()
    watch = nil
    // What came while nobody had the end is lost, not late.
    receive(keep: false)
    outgoing = ByteQueue()
    let elsewhere = MachineError(
      .usage, "cable end '\(label)' is in \(what) '\(machine)': use the other end here")
    inbox.reset(refusal: elsewhere)
    outbox.reset(refusal: elsewhere)
    self.setCarrier = setCarrier
    do throws(ProcessError) {
      return try duplicate()
    } catch {
      release()
      throw MachineError(.launch, error.message)
    }
  }

  private func reserve(_ machine: String, _ what: String) throws(MachineError) {
    if let holder {
      let who = "\(holderKind) '\(holder)'" + (holder == machine ? " already" : "")
      throw MachineError(
        .usage,
        "cable end '\(label)' is in \(who): an end belongs to one machine at a time",
        machine: what == "machine" ? machine : nil)
    }
    (holder, holderKind) = (machine, what)
  }

  private func duplicate() throws(ProcessError) -> DescriptorBox {
    let number = fcntl(socket?.number ?? -1, F_DUPFD_CLOEXEC, 3)
    guard number >= 0 else { throw ProcessError.system("dup", errno) }
    return DescriptorBox(Descriptor(owning: number))
  }

  /// The machine has ended: the end is free again.
  func release() {
    holder = nil
    setCarrier = nil
    mac = nil
    giveToScript()
  }

  private func giveToScript() {
    inbox.reset(isFramed: kind == .frames)
    outbox.reset()
    watchSocket()
    if hasEnded { tellEnd() }
  }

  /// The machine at the other end has begun, or ended: its last bytes are here already.
  func peerChanged(isAlive: Bool) {
    if holder == nil && !isAlive { receive(keep: true) }
    hasEnded = !isAlive
    guard holder == nil, socket != nil else { return }
    if hasEnded { return tellEnd() }
    inbox.goOn()
    if kind == .bytes { outbox.reset() }
  }

  private func tellEnd() {
    inbox.end()
    guard kind == .bytes else { return }
    outgoing = ByteQueue()
    outbox.reset(
      refusal: MachineError(
        .connection, "nobody reads '\(label)': what had the other end of its cable has ended"))
  }

  /// Bytes are queued, unless too many wait already: then false. A frame goes at once or is lost.
  func write(_ message: [UInt8]) throws(MachineError) -> Bool {
    guard try outbox.admit(kind == .bytes ? message.count : 0) else { return false }
    if kind == .frames {
      // A frame of no bytes ends QEMU's reading for good (measured with 7.2).
      guard !message.isEmpty, message.count <= 65536 else {
        throw MachineError(.usage, "a frame has from 1 to 65536 bytes, not \(message.count)")
      }
      // On a full or dead cable frames are lost.
      if isPlugged { _ = sendNow(message[...]) }
    } else {
      outgoing.append(message)
      flush()
    }
    return true
  }

  private var interest: Watch.Readiness {
    var interest: Watch.Readiness = []
    if kind == .frames || inbox.byteCount < Self.limit { interest.insert(.readable) }
    if outgoing.count > 0 { interest.insert(.writable) }
    return interest
  }

  private func watchSocket() {
    guard watch == nil, let socket else { return }
    watch = Watch(socket.number, for: interest) { [weak self] readiness in
      guard let self else { return }
      if readiness.contains(.writable) { self.flush() }
      if readiness.contains(.readable) { self.receive(keep: true) }
    }
  }

  private func updateInterest() { watch?.interest = interest }

  private func flush() {
    while outgoing.count > 0 {
      let sent = sendNow(outgoing.first(64 << 10)[...])
      if sent <= 0 { break }
      outgoing.drop(sent)
      outbox.took(sent)
    }
    updateInterest()
  }

  private func sendNow(_ bytes: ArraySlice<UInt8>) -> Int {
    let number = socket?.number ?? -1
    return bytes.withUnsafeBytes {
      send(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
  }

  /// Takes in what is there, at most a megabyte at a time.
  private func receive(keep: Bool) {
    guard let number = socket?.number else { return }
    var total = 0
    while total < Self.limit, !keep || kind == .frames || inbox.byteCount < Self.limit {
      let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        count = max(0, recv(number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)))
      }
      if chunk.isEmpty { break }
      total += chunk.count
      let isWanted =
        kind == .bytes || (isPlugged && inbox.byteCount + chunk.count <= Self.limit)
      if keep && isWanted { _ = inbox.append(chunk) }
    }
    updateInterest()
  }
}
