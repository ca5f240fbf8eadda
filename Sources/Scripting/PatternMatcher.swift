/// Tries a compiled pattern at one place of a text, with backtracking. Its depth is bounded by the
/// pattern's length; its time is not, so it asks now and then whether to go on.
struct PatternMatcher {
  /// Steps between two questions: some tens of microseconds.
  private static let patience = 1 << 14
  private static let unfinished = -1
  private static let isPosition = -2

  private let items: UnsafeBufferPointer<LuaPattern.Item>
  private let sets: UnsafeBufferPointer<UInt64>
  private let text: UnsafeBufferPointer<UInt8>
  private let goOn: () -> Bool
  private var steps = patience
  private(set) var isStopped = false
  /// Where captures begin, and how long they are.
  private var starts: [Int] = []
  private var lengths: [Int] = []

  init(
    items: UnsafeBufferPointer<LuaPattern.Item>, sets: UnsafeBufferPointer<UInt64>,
    text: UnsafeBufferPointer<UInt8>, goOn: @escaping () -> Bool
  ) {
    self.items = items
    self.sets = sets
    self.text = text
    self.goOn = goOn
  }

  /// Where a match that begins at `start` ends.
  mutating func match(_ start: Int) -> Int? {
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    return match(start, 0)
  }

  var captures: [LuaPattern.Capture] {
    zip(starts, lengths).map { start, length in
      length < 0 ? .position(start + 1) : .range(start..<start + length)
    }
  }

  private func contains(_ set: Int, _ byte: UInt8) -> Bool {
    sets[set * 4 + Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
  }

  private func isIn(_ set: Int, _ at: Int) -> Bool { at < text.count && contains(set, text[at]) }

  private mutating func spend(_ count: Int) -> Bool {
    steps -= count
    if steps < 0 {
      steps = Self.patience
      if !goOn() { isStopped = true }
    }
    return !isStopped
  }

  private mutating func match(_ start: Int, _ first: Int) -> Int? {
    var (at, index) = (start, first)
    while index < items.count {
      guard spend(1) else { return nil }
      let item = items[index]
      index += 1
      switch item.kind {
      case .one:
        guard isIn(item.number, at) else { return nil }
        at += 1
      case .optional:
        if isIn(item.number, at), let end = match(at + 1, index) { return end }
      case .star: return matchMost(item, 0, at, index)
      case .plus: return matchMost(item, 1, at, index)
      case .minus: return matchFewest(item, at, index)
      case .open: return capture(at, Self.unfinished, index)
      case .position: return capture(at, Self.isPosition, index)
      case .close:
        let open = lengths.lastIndex(of: Self.unfinished)!
        lengths[open] = at - starts[open]
        if let end = match(at, index) { return end }
        lengths[open] = Self.unfinished
        return nil
      case .balance:
        guard let end = balance(item, at) else { return nil }
        at = end
      case .frontier:
        let (before, after) = (at > 0 ? text[at - 1] : 0, at < text.count ? text[at] : 0)
        guard !contains(item.number, before), contains(item.number, after) else { return nil }
      case .back:
        let (from, length) = (starts[item.number], lengths[item.number])
        guard length >= 0, text.count - at >= length else { return nil }
        guard spend(length),
          text[at..<at + length].elementsEqual(text[from..<from + length])
        else { return nil }
        at += length
      case .end: return at == text.count ? at : nil
      }
    }
    return at
  }

  private mutating func capture(_ at: Int, _ length: Int, _ next: Int) -> Int? {
    starts.append(at)
    lengths.append(length)
    if let end = match(at, next) { return end }
    starts.removeLast()
    lengths.removeLast()
    return nil
  }

  private mutating func matchMost(
    _ item: LuaPattern.Item, _ least: Int, _ at: Int, _ next: Int
  ) -> Int? {
    var end = at
    while isIn(item.number, end) { end += 1 }
    guard spend(end - at) else { return nil }
    while end >= at + least {
      if let result = match(end, next) { return result }
      if isStopped { return nil }
      end -= 1
    }
    return nil
  }

  private mutating func matchFewest(_ item: LuaPattern.Item, _ at: Int, _ next: Int) -> Int? {
    var end = at
    while spend(1) {
      if let result = match(end, next) { return result }
      guard isIn(item.number, end) else { return nil }
      end += 1
    }
    return nil
  }

  private mutating func balance(_ item: LuaPattern.Item, _ at: Int) -> Int? {
    guard at < text.count, text[at] == item.first else { return nil }
    var (end, depth) = (at + 1, 1)
    while end < text.count {
      if text[end] == item.second {
        depth -= 1
        if depth == 0 { break }
      } else if text[end] == item.first {
        depth += 1
      }
      end += 1
    }
    guard spend(end - at), end < text.count else { return nil }
    return end + 1
  }
}
