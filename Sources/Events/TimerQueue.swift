/// A binary heap of instants, each with a token: the soonest first, ties in the order they came.
public struct TimerQueue<Token> {
  private struct Entry {
    var instant: Instant
    var order: UInt64
    var token: Token

    func isSooner(than other: Entry) -> Bool {
      (instant, order) < (other.instant, other.order)
    }
  }
  private var entries: [Entry] = []
  private var order: UInt64 = 0

  public init() {}

  public var soonest: Instant? { entries.first?.instant }
  public var count: Int { entries.count }

  public mutating func insert(_ token: Token, at instant: Instant) {
    order += 1
    entries.append(Entry(instant: instant, order: order, token: token))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].isSooner(than: entries[parent]) else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Removes and returns the soonest token if its instant is not after `now`.
  public mutating func popDue(at now: Instant) -> Token? {
    guard let first = entries.first, first.instant <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      var parent = 0
      while true {
        var smallest = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
          if entries[child].isSooner(than: entries[smallest]) { smallest = child }
        }
        if smallest == parent { break }
        entries.swapAt(parent, smallest)
        parent = smallest
      }
    }
    return first.token
  }
}
