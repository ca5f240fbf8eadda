/// The marks of a run, as many as a page can bear. When there are more, what is short and went well
/// goes first.
struct MarkList {
  /// Bytes that the marks may take in the page.
  let budget: Int
  private var marks: [Mark] = []
  private var cost = 0
  /// By kind.
  private(set) var leftOut: [String: Int] = [:]
  /// The longest that was left out for its shortness, in seconds.
  private(set) var longestLeftOut = 0.0
  /// Those at the end, where most failures are, stay.
  private static let recent = 400

  init(budget: Int) { self.budget = budget }

  mutating func append(_ mark: Mark) {
    marks.append(mark)
    cost += mark.cost
    // So that a long timeline takes no more memory than a short one.
    if cost > budget * 6 { prune(to: budget * 3) }
  }

  /// In the order of their beginnings.
  mutating func finish() -> [Mark] {
    marks.sort { $0.start < $1.start }
    if cost > budget { prune(to: budget) }
    return marks
  }

  private mutating func prune(to limit: Int) {
    let firstRecent = max(0, marks.count - Self.recent)
    func key(_ index: Int) -> (Int, Double, Double) {
      let mark = marks[index]
      return (index >= firstRecent ? -1 : mark.tier, -mark.duration, -mark.start)
    }
    let ranked = marks.indices.map { (key($0), $0) }.sorted { $0.0 < $1.0 }
    var (stays, room) = ([Bool](repeating: false, count: marks.count), limit)
    cost = 0
    for (_, index) in ranked {
      let mark = marks[index]
      guard mark.cost <= room else {
        leftOut[mark.kind, default: 0] += 1
        longestLeftOut = max(longestLeftOut, mark.duration)
        continue
      }
      room -= mark.cost
      cost += mark.cost
      stays[index] = true
    }
    marks = zip(marks, stays).filter(\.1).map(\.0)
  }
}
