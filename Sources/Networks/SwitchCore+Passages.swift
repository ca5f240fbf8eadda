import Glibc

/// The way of a frame on a network where something may befall it.
extension SwitchCore {
  func enter(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, from index: Int) {
    let passage = Passage(from: index, to: -1, stage: .entered, entered: now)
    if hasTaps { show(frame, length, passage) }
    guard ports[index].isPlugged else { return note(frame, length, passage, .unplugged) }
    if let faults = ports[index].outgoing {
      befall(faults, frame, length, passage)
    } else {
      spread(frame, length, passage)
    }
  }

  /// To each port it is for.
  private func spread(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    var (frame, length, passage) = (frame, length, passage)
    if hasVLANs {
      guard let vlan = classify(frame, length, from: Int(passage.from)) else {
        ports[Int(passage.from)].counters.invalid += 1
        return note(frame, length, passage, .vlan)
      }
      passage.vlan = vlan
      if ports[Int(passage.from)].vlan.isTrunk {
        frame = untagged(frame, length)
        length -= 4
        // The addresses stay where they are, and the tag has gone.
        if passage.corruptedBit >= 128 { passage.corruptedBit -= 32 }
      }
    }
    let (whole, count) = (frame, length)
    var isForSomebody = false
    route(frame, from: Int(passage.from), vlan: passage.vlan) { to in
      var passage = passage
      passage.to = Int32(to)
      isForSomebody = true
      pair(whole, count, passage)
    }
    if !isForSomebody { note(frame, length, passage, .nobody) }
  }

  private func pair(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let (from, to) = (Int(passage.from), Int(passage.to))
    if let reason = obstacle(from, to) { return drop(frame, length, passage, reason) }
    if hasHolds, isHeld(from, to) { return hold(frame, length, passage) }
    goOn(frame, length, passage)
  }

  private func goOn(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    var (frame, passage) = (frame, passage)
    if passage.isFlipPending {
      passage.isFlipPending = false
      frame = flipped(frame, length, Int(passage.corruptedBit), .entered)
    }
    passage.stage = .paired
    if let faults = ports[Int(passage.from)].paired?[Int(passage.to)] {
      befall(faults, frame, length, passage)
    } else {
      approach(frame, length, passage)
    }
  }

  private func approach(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    var passage = passage
    passage.stage = .arrived
    var (frame, length) = (frame, length)
    if passage.vlan != 0, ports[Int(passage.to)].vlan.isTrunk {
      guard length + 4 <= EthernetFrame.maximum else {
        return note(frame, length, passage, .malformed)
      }
      frame = tagged(frame, length, passage.vlan)
      length += 4
    }
    if let faults = ports[Int(passage.to)].incoming {
      befall(faults, frame, length, passage)
    } else {
      arrive(frame, length, passage)
    }
  }

  /// At the receiver's port.
  private func arrive(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let (from, to) = (Int(passage.from), Int(passage.to))
    // What was on its way when they were cut off from each other does not arrive.
    if let reason = obstacle(from, to) { return drop(frame, length, passage, reason) }
    guard enqueue(frame, length, to) else {
      ports[from].links[to].overflowed &+= 1
      return note(frame, length, passage, .slowReceiver)
    }
    ports[from].links[to].passed &+= 1
    if hasTaps { show(frame, length, passage) }
    note(frame, length, passage, nil)
  }

  @inline(__always) private func obstacle(_ from: Int, _ to: Int) -> DropReason? {
    isBlocked(from, to) ? .partition : ports[to].isPlugged ? nil : .unplugged
  }

  private func drop(
    _ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage, _ reason: DropReason
  ) {
    ports[Int(passage.from)].links[Int(passage.to)].cut &+= 1
    note(frame, length, passage, reason)
  }

  // MARK: Faults

  /// Lets a link's faults judge the frame, which then goes on behind `passage.stage`, if it does.
  private func befall(
    _ faults: Unmanaged<LinkFaults>, _ frame: UnsafeMutablePointer<UInt8>, _ length: Int,
    _ passage: Passage
  ) {
    var frame = frame
    var passage = passage
    faults._withUnsafeGuaranteedRef {
      $0.judge(UnsafeRawBufferPointer(start: frame, count: length), now: now, into: &verdict)
    }
    if let reason = verdict.dropped {
      return note(frame, length, passage, reason, rule: verdict.rule)
    }
    // What comes next needs the verdict for itself.
    let (copies, release) = (verdict.copies, verdict.release)
    if verdict.isReordered { passage.isReordered = true }
    if let bit = verdict.corruptedBit {
      passage.corruptedBit = Int32(truncatingIfNeeded: bit)
      if passage.stage == .entered {
        passage.isFlipPending = true
      } else {
        frame = flipped(frame, length, bit, passage.stage)
      }
    }
    go(frame, length, passage, at: release.0)
    if copies > 1 { go(frame, length, passage, at: release.1) }
  }

  /// A copy with another bit.
  private func flipped(
    _ frame: UnsafePointer<UInt8>, _ length: Int, _ bit: Int, _ stage: Passage.Stage
  ) -> UnsafeMutablePointer<UInt8> {
    let copy = scratch + Int(stage.rawValue) * EthernetFrame.maximum
    memcpy(copy, frame, length)
    if bit >> 3 < length { copy[bit >> 3] ^= 1 << UInt8(bit & 7) }
    return copy
  }

  private func go(
    _ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage, at release: UInt64
  ) {
    if release <= now { return resume(frame, length, passage) }
    guard let kept = store.keep(frame, length, passage) else {
      if passage.to >= 0 { ports[Int(passage.from)].links[Int(passage.to)].overflowed &+= 1 }
      return note(frame, length, passage, .memory)
    }
    delays.insert(kept, at: release)
  }

  private func resume(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    switch passage.stage {
    case .entered: spread(frame, length, passage)
    case .paired: approach(frame, length, passage)
    case .arrived: arrive(frame, length, passage)
    }
  }

  func releaseDue() {
    if delays.soonest > now { return }
    while let frame = delays.popDue(at: now) {
      resume(frame.pointee.bytes, frame.pointee.length, frame.pointee.passage)
      store.giveBack(frame)
    }
    closeRun(isLast: true)
    flushDirty()
  }

  // MARK: Witnesses

  private func show(_ frame: UnsafePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let (from, to) = (Int(passage.from), Int(passage.to))
    for tap in taps where tap.wants(from: from, to: to) {
      tap.add(frame, length, from: from, to: to, now: now)
    }
  }

  /// Puts into the capture what became of a frame; `reason` nil: it arrived.
  @inline(__always) private func note(
    _ frame: UnsafePointer<UInt8>, _ length: Int, _ passage: Passage, _ reason: DropReason?,
    rule: Int = -1
  ) {
    guard let capture else { return }
    var fate = Verdict()
    fate.pass(at: now)
    if let reason { fate.drop(reason, rule: rule) }
    fate.release.0 = now + (now - passage.entered)
    fate.isReordered = passage.isReordered
    if passage.corruptedBit >= 0 { fate.corruptedBit = Int(passage.corruptedBit) }
    capture.write(
      frame, length, from: Int(passage.from), to: Int(passage.to), fate, now: now)
  }

  // MARK: Holds

  @inline(__always) private func isHeld(_ from: Int, _ to: Int) -> Bool {
    ports[from].held[to >> 6] & (1 << UInt64(to & 63)) != 0
  }

  private func hold(_ frame: UnsafeMutablePointer<UInt8>, _ length: Int, _ passage: Passage) {
    let link = ports[Int(passage.from)].links + Int(passage.to)
    guard let kept = store.keep(frame, length, passage) else {
      link.pointee.overflowed &+= 1
      return note(frame, length, passage, .memory)
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
