/// A frame's way through the switch.
struct Passage {
  var from: Int32
  /// -1 while it is not settled.
  var to: Int32
  /// What it goes on with after a delay.
  var stage: Stage
  /// Its VLAN, 0 for none; it has no tag while it is inside.
  var vlan: UInt16 = 0
  var isReordered = false
  /// The bit that was flipped, -1 for none.
  var corruptedBit: Int32 = -1
  /// It is flipped when the switch has read the addresses: a frame that a switch's own check finds
  /// damaged would not teach it where anybody is.
  var isFlipPending = false
  /// When the switch got it, nanoseconds of its clock.
  var entered: UInt64

  init(from: Int, to: Int, stage: Stage, entered: UInt64) {
    self.from = Int32(from)
    self.to = Int32(to)
    self.stage = stage
    self.entered = entered
  }

  enum Stage: UInt8 {
    /// The faults of its sender's own link are behind it.
    case entered
    /// Those of the pair of ports are.
    case paired
    /// Those of its receiver's own link are.
    case arrived
  }
}
