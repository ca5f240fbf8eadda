import Glibc

/// The way of a frame on a network where nothing is wrong, but for ports that are cut off from others.
extension SwitchCore {
  /// Learns where a frame's sender is, and calls `deliver` with each port the frame goes to.
  @inline(__always) func route(
    _ frame: UnsafePointer<UInt8>, from index: Int, vlan: UInt16, _ deliver: (Int) -> Void
  ) {
    let above = UInt64(vlan) << 48
    let source = EthernetFrame.address(frame + 6)
    guard source != 0, !EthernetFrame.isGroup(source) else {
      ports[index].counters.invalid += 1
      return
    }
    addresses.learn(source | above, at: index, now: now)
    let destination = EthernetFrame.address(frame)
    if !EthernetFrame.isGroup(destination) {
      let known = addresses.port(of: destination | above, now: now)
      if known >= 0 {
        if known != index { deliver(known) }
        return
      }
    }
    // A frame for all, or for nobody known, goes to all but its sender.
    var place = 0
    while place < activeCount {
      let port = active[place]
      if port != index, !hasVLANs || ports[port].vlan.has(vlan) { deliver(port) }
      place += 1
    }
  }

  @inline(__always) func forward(
    _ frame: UnsafeMutablePointer<UInt8>, _ length: Int, from index: Int, isFramed: Bool
  ) {
    route(frame, from: index, vlan: 0) { to in
      let link = ports[index].links + to
      if isBlocked(index, to) {
        link.pointee.cut &+= 1
      } else if isFramed, ports[to].queue.count == 0, !ports[to].isDatagram,
        ports[to].descriptor >= 0
      {
        link.pointee.passed &+= 1
        count(length, sentTo: to)
        extendRun(frame - 4, 4 + length, to)
      } else if enqueue(frame, length, to) {
        link.pointee.passed &+= 1
      } else {
        link.pointee.overflowed &+= 1
      }
    }
  }

  @inline(__always) func isBlocked(_ from: Int, _ to: Int) -> Bool {
    ports[from].blocked[to >> 6] & (1 << UInt64(to & 63)) != 0
  }

  @inline(__always) private func count(_ length: Int, sentTo to: Int) {
    ports[to].counters.sent &+= 1
    ports[to].counters.sentBytes &+= UInt64(length)
  }

  // MARK: Queues

  private static let sendFlags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

  /// False if there was no room.
  func enqueue(_ frame: UnsafePointer<UInt8>, _ length: Int, _ to: Int) -> Bool {
    if runPort == to { closeRun(isLast: false) }
    // The script, which sends by `inject` alone, hears what it wants by taps.
    if ports[to].descriptor < 0 { return true }
    guard ports[to].queue.count + 4 + length <= queueLimit else {
      ports[to].counters.overflowed += 1
      return false
    }
    count(length, sentTo: to)
    ports[to].queue.append(frame, length)
    markDirty(to)
    return true
  }

  private func markDirty(_ port: Int) {
    if ports[port].isDirty || ports[port].isFull { return }
    ports[port].isDirty = true
    dirty[dirtyCount] = port
    dirtyCount += 1
  }

  func flushDirty() {
    for index in 0..<dirtyCount {
      ports[dirty[index]].isDirty = false
      flush(dirty[index])
    }
    dirtyCount = 0
  }

  /// Sends what its socket takes.
  func flush(_ index: Int) {
    let port = ports + index
    guard port.pointee.descriptor >= 0, !port.pointee.isFull else { return }
    if port.pointee.isDatagram { return flushDatagrams(index) }
    while port.pointee.queue.count > 0 {
      let sent = transmit(index, port.pointee.queue.first, port.pointee.queue.count)
      if sent < 0 { return }
      port.pointee.queue.drop(sent)
    }
  }

  private func flushDatagrams(_ index: Int) {
    let port = ports + index
    while port.pointee.queue.count > 0 {
      let first = port.pointee.queue.first
      let length = Int(UInt32(bigEndian: UnsafeRawPointer(first).loadUnaligned(as: UInt32.self)))
      let sent = send(
        port.pointee.descriptor, first + 4, length,
        Self.sendFlags)
      if sent < 0 && errno == EINTR { continue }
      if sent < 0 && errno == EAGAIN { return setFull(index, true) }
      // Nobody is there: the frame is lost, as on a cable that leads nowhere.
      port.pointee.queue.drop(4 + length)
    }
  }

  /// How many bytes were sent; -1 if none can be for now, or ever.
  private func transmit(_ index: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    while true {
      let sent = send(
        ports[index].descriptor, bytes, count,
        Self.sendFlags)
      if sent >= 0 { return sent }
      if errno == EINTR { continue }
      if errno == EAGAIN {
        setFull(index, true)
      } else {
        // What it sent before its end is still to be read, and tells of the end.
        ports[index].queue.clear()
      }
      return -1
    }
  }

  // MARK: Runs: neighbours in the buffer that go to the same port, sent without being copied

  @inline(__always) private func extendRun(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ to: Int
  ) {
    if runPort == to, bytes == run + runCount {
      runCount += count
      return
    }
    if runPort >= 0 { closeRun(isLast: false) }
    if ports[to].queue.count > 0 {
      // The run that was closed was its own.
      ports[to].queue.append(framed: bytes, count)
      return
    }
    (runPort, run, runCount) = (to, bytes, count)
  }

  func closeRun(isLast: Bool) {
    let to = runPort
    guard to >= 0 else { return }
    runPort = -1
    var sent = 0
    if isLast || runCount >= Self.directSize {
      while sent < runCount {
        let more = transmit(to, run + sent, runCount - sent)
        if more < 0 { break }
        sent += more
      }
    }
    guard sent < runCount, ports[to].descriptor >= 0 else { return }
    // A run is shorter than a queue may be.
    ports[to].queue.append(framed: run + sent, runCount - sent)
    markDirty(to)
  }
}
