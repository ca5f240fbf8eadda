import Glibc

/// The way of a frame on a network where something may befall it.
extension SwitchCore {
  typealias Passage = FrameStore.Passage

  func enter(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, from index: Int) {
    let passage = Passage(from: Int32(index), to: -1, stage: .entered, entered: now)
    for tap in taps where tap.wants(from: index, to: -1) {
      tap.add(frame, length, from: index, to: -1, now: now)
    }
    guard ports[index].isPlugged else { return }
    spread(frame, length, passage)
  }

  /// To each port it is for.
  func spread(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    route(frame, from: Int(passage.from)) { to in
      var passage = passage
      passage.to = Int32(to)
      pair(frame, length, passage)
    }
  }

  func pair(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let (from, to) = (Int(passage.from), Int(passage.to))
    if isBlocked(from, to) || !ports[to].isPlugged {
      ports[from].links[to].cut &+= 1
      return
    }
    if hasHolds, isHeld(from, to) { return hold(frame, length, passage) }
    arrive(frame, length, passage)
  }

  /// At the receiver's port.
  func arrive(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let (from, to) = (Int(passage.from), Int(passage.to))
    let link = ports[from].links + to
    // What was on its way when they were cut off from each other does not arrive.
    if isBlocked(from, to) || !ports[to].isPlugged {
      link.pointee.cut &+= 1
      return
    }
    guard enqueue(frame, length, to) else {
      link.pointee.overflowed &+= 1
      return
    }
    link.pointee.passed &+= 1
    for tap in taps where tap.wants(from: from, to: to) {
      tap.add(frame, length, from: from, to: to, now: now)
    }
  }

  // MARK: Delays

  func releaseDue() {
    if delays.soonest > now { return }
    while let frame = delays.popDue(at: now) { resume(frame) }
    closeRun(isLast: true)
    flushDirty()
  }

  private func resume(_ frame: FrameStore.Frame) {
    let passage = frame.pointee.passage
    switch passage.stage {
    case .entered: spread(frame.pointee.bytes, frame.pointee.length, passage)
    case .paired, .arrived: arrive(frame.pointee.bytes, frame.pointee.length, passage)
    }
    store.giveBack(frame)
  }

  // MARK: Holds

  @inline(__always) private func isHeld(_ from: Int, _ to: Int) -> Bool {
    ports[from].held[to >> 6] & (1 << UInt64(to & 63)) != 0
  }

  private func hold(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let link = ports[Int(passage.from)].links + Int(passage.to)
    guard let kept = store.keep(frame, length, passage) else {
      link.pointee.overflowed &+= 1
      return
    }
    link.pointee.held &+= 1
    keepHeld(kept)
  }

  private func keepHeld(_ frame: FrameStore.Frame) {
    frame.pointee.next = nil
    if let lastHeld { lastHeld.pointee.next = frame } else { firstHeld = frame }
    lastHeld = frame
  }

  func takeHeld() -> FrameStore.Frame? {
    guard let frame = firstHeld else { return nil }
    firstHeld = frame.pointee.next
    if firstHeld == nil { lastHeld = nil }
    return frame
  }

  /// Lets those go on whose way is open again, in the order in which they came.
  func releaseHeld() {
    var rest = firstHeld
    (firstHeld, lastHeld) = (nil, nil)
    while let frame = rest {
      rest = frame.pointee.next
      let passage = frame.pointee.passage
      if isHeld(Int(passage.from), Int(passage.to)) {
        keepHeld(frame)
      } else {
        pair(frame.pointee.bytes, frame.pointee.length, passage)
        store.giveBack(frame)
      }
    }
    closeRun(isLast: true)
    flushDirty()
  }
}
