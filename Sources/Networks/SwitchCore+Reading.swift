import Glibc

/// From a descriptor to frames.
extension SwitchCore {
  /// Reads once from a port and passes on what has come whole. Whether there may be more.
  @discardableResult func receive(_ index: Int) -> Bool {
    if ports[index].isDatagram { return receiveDatagrams(index) }
    let port = ports + index
    let kept = port.pointee.partialCount
    if kept > 0 { memcpy(buffer, port.pointee.partial!, kept) }
    let count = recv(port.pointee.descriptor, buffer + kept, Self.readSize, Int32(MSG_DONTWAIT))
    guard count > 0 else { return stopped(index, count) }
    port.pointee.partialCount = 0
    let before = port.pointee.counters.received
    parse(index, buffer, buffer + kept + count)
    if port.pointee.counters.received &- before >= Self.rushSize { isRush = true }
    closeRun(isLast: true)
    flushDirty()
    return true
  }

  /// After a read that gave nothing: the end, an error, or nothing yet.
  private func stopped(_ index: Int, _ count: Int) -> Bool {
    if count < 0 && errno == EINTR { return true }
    if count < 0 && errno == EAGAIN { return false }
    // A frame that was cut off is lost, and nothing else is.
    detach(index)
    return false
  }

  /// Frames from `start` on, each behind its length.
  @inline(__always) private func parse(
    _ index: Int, _ start: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>
  ) {
    let port = ports + index
    var position = start
    if port.pointee.excess > 0 {
      let skipped = min(port.pointee.excess, end - position)
      port.pointee.excess -= skipped
      position += skipped
    }
    while end - position >= 4 {
      let length = Int(
        UInt32(bigEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt32.self)))
      if length > EthernetFrame.maximum {
        port.pointee.counters.invalid += 1
        let skipped = min(length, end - position - 4)
        port.pointee.excess = length - skipped
        position += 4 + skipped
        continue
      }
      if end - position - 4 < length { break }
      take(position + 4, length, from: index, isFramed: true)
      position += 4 + length
    }
    port.pointee.keepPartial(position, end - position)
  }

  private func receiveDatagrams(_ index: Int) -> Bool {
    var isOpen = true
    var rest = 64
    while rest > 0 {
      rest -= 1
      // One byte more than allowed shows that a frame is too long.
      let count = recv(
        ports[index].descriptor, buffer + 4, EthernetFrame.maximum + 1, Int32(MSG_DONTWAIT))
      if count < 0 {
        // The peer of a datagram socket that was closed is known by an error, once.
        isOpen = errno == EINTR
        break
      }
      if count > EthernetFrame.maximum {
        ports[index].counters.invalid += 1
        continue
      }
      take(buffer + 4, count, from: index, isFramed: false)
    }
    flushDirty()
    return isOpen
  }

  /// A frame has come. `isFramed`: its length stands before it.
  @inline(__always) func take(
    _ frame: UnsafeMutablePointer<UInt8>, _ length: Int, from index: Int, isFramed: Bool
  ) {
    let port = ports + index
    guard length >= EthernetFrame.minimum else {
      port.pointee.counters.invalid += 1
      return
    }
    port.pointee.counters.received &+= 1
    port.pointee.counters.receivedBytes &+= UInt64(length)
    if isPlain {
      forward(frame, length, from: index, isFramed: isFramed)
    } else {
      enter(frame, length, from: index)
    }
  }
}
