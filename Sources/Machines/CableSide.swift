import Events
import Glibc
import Processes

/// The host's part of one end of a cable. While no machine has the end, what arrives is taken in
/// here: for the script if it reads, and so that nothing is left to arrive late at the machine that
/// gets the end next.
@Supervisor final class CableSide {
  /// Frames beyond this many bytes are dropped, as a full network card would; a stream's sender
  /// waits.
  static let limit = 1 << 20

  nonisolated let label: String
  nonisolated let readable = Event<Int>()
  private(set) var holder: String?
  private(set) var setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)?
  var isPlugged = true
  /// That of the machine that has the end.
  var mac: String?
  /// The machine at the other end has ended.
  private(set) var hasEnded = false

  private var kind = Cable.Kind.frames
  private var socket: DescriptorBox?
  private var watch: Watch?
  private var frames = FrameQueue()
  private var bytes = ByteQueue()
  private var outgoing = ByteQueue()

  nonisolated init(label: String) { self.label = label }

  isolated deinit { watch?.cancel() }

  func open(_ socket: DescriptorBox, _ kind: Cable.Kind) {
    self.socket = socket
    self.kind = kind
    watchSocket()
  }

  /// Gives the end to a machine: a duplicate of its socket.
  func claim(
    _ machine: String,
    setCarrier: (@Supervisor (Bool) async throws(MachineError) -> Void)? = nil
  ) throws(MachineError) -> DescriptorBox {
    try reserve(machine)
    watch?.cancel()
    watch = nil
    // What came while nobody had the end is lost, not late.
    receive(keep: false)
    frames = FrameQueue()
    bytes = ByteQueue()
    outgoing = ByteQueue()
    self.setCarrier = setCarrier
    do throws(ProcessError) {
      return try duplicate()
    } catch {
      release()
      throw MachineError(.launch, error.message)
    }
  }

  private func reserve(_ machine: String) throws(MachineError) {
    if let holder {
      let who = holder == machine ? "machine '\(holder)' already" : "machine '\(holder)'"
      throw MachineError(
        .usage,
        "cable end '\(label)' is in \(who): an end belongs to one machine at a time",
        machine: machine)
    }
    holder = machine
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
    watchSocket()
  }

  /// The machine at the other end has begun, or ended: its last bytes are here already.
  func peerChanged(isAlive: Bool) {
    if holder == nil && !isAlive { receive(keep: true) }
    hasEnded = !isAlive
    if hasEnded { tell() }
  }

  /// What waits for the script.
  var waiting: Int { kind == .frames ? frames.count : bytes.count }
  var isOpen: Bool { socket != nil }

  func read(_ limit: Int) -> [UInt8] {
    let taken = kind == .frames ? frames.take() : bytes.take(limit)
    watch?.interest = interest
    return taken
  }

  func readLine() -> [UInt8]? {
    defer { watch?.interest = interest }
    return bytes.takeLine(evenUnfinished: hasEnded)
  }

  func write(_ message: [UInt8]) throws(MachineError) {
    if kind == .frames {
      // A frame of no bytes ends QEMU's reading for good (measured with 7.2).
      guard !message.isEmpty, message.count <= 65536 else {
        throw MachineError(.usage, "a frame has from 1 to 65536 bytes, not \(message.count)")
      }
      // On a full or dead cable frames are lost.
      if isPlugged { _ = sendNow(message[...]) }
      return
    }
    guard !hasEnded else {
      throw MachineError(.connection, "nobody reads '\(label)': the machine at its cable has ended")
    }
    guard outgoing.count + message.count <= Self.limit else {
      throw MachineError(
        .connection, "the guest does not read '\(label)': \(outgoing.count) bytes wait already")
    }
    outgoing.append(message)
    flush()
  }

  private var interest: Watch.Readiness {
    var interest: Watch.Readiness = []
    if kind == .frames || bytes.count < Self.limit { interest.insert(.readable) }
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

  private func tell() { readable.set(waiting) }

  private func flush() {
    while outgoing.count > 0 {
      let sent = sendNow(outgoing.first(64 << 10)[...])
      if sent <= 0 { break }
      outgoing.drop(sent)
    }
    watch?.interest = interest
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
    while total < Self.limit, keep == false || kind == .frames || bytes.count < Self.limit {
      let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        count = max(0, recv(number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)))
      }
      if chunk.isEmpty { break }
      total += chunk.count
      guard keep else { continue }
      if kind == .bytes {
        bytes.append(chunk)
      } else if isPlugged, frames.byteCount + chunk.count <= Self.limit {
        frames.append(chunk)
      }
    }
    watch?.interest = interest
    if keep && total > 0 { tell() }
  }
}
