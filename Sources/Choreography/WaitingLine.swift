import Events

/// Tasks that wait in the order in which they came. One is woken at a time, so that ten thousand do
/// not all get up for one value; when one leaves and there is more to be had, the next is woken.
/// Used on the script's thread alone.
final class WaitingLine: Waking, @unchecked Sendable {
  private var wakers: [UInt64: @Sendable () -> Void] = [:]
  private var order: [UInt64] = []
  private var start = 0
  private var nextID: UInt64 = 0
  /// Whether the next one would get what it waits for.
  var hasMore: () -> Bool = { false }

  func subscribe(_ wake: @escaping @Sendable () -> Void) -> Subscription {
    nextID += 1
    let id = nextID
    wakers[id] = wake
    if order.count > 64, order.count > 2 * wakers.count {
      order = order[start...].filter { wakers[$0] != nil }
      start = 0
    }
    order.append(id)
    return Subscription { [weak self] in self?.leave(id) }
  }

  private func leave(_ id: UInt64) {
    guard wakers.removeValue(forKey: id) != nil else { return }
    if hasMore() { wakeFirst() }
  }

  func wakeFirst() {
    while start < order.count {
      if let wake = wakers[order[start]] { return wake() }
      start += 1
    }
    order = []
    start = 0
  }

  func wakeAll() {
    for id in order[start...] { wakers[id]?() }
  }
}
