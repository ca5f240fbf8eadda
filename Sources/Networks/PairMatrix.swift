/// A set of ordered pairs of ports.
public struct PairMatrix: Sendable, Hashable {
  static let words = SwitchCore.maximumPorts / 64
  private var rows: [[UInt64]] = []

  public init() {}

  public var isEmpty: Bool { rows.allSatisfy { $0.allSatisfy { $0 == 0 } } }

  public func contains(_ from: Int, _ to: Int) -> Bool {
    word(from, to / 64) & (1 << UInt64(to % 64)) != 0
  }

  public mutating func insert(_ from: Int, _ to: Int) {
    while rows.count <= from { rows.append([]) }
    while rows[from].count <= to / 64 { rows[from].append(0) }
    rows[from][to / 64] |= 1 << UInt64(to % 64)
  }

  public mutating func remove(_ from: Int, _ to: Int) {
    if contains(from, to) { rows[from][to / 64] &= ~(1 << UInt64(to % 64)) }
  }

  public mutating func formUnion(_ other: PairMatrix) {
    for (from, row) in other.rows.enumerated() {
      while rows.count <= from { rows.append([]) }
      while rows[from].count < row.count { rows[from].append(0) }
      for (index, word) in row.enumerated() { rows[from][index] |= word }
    }
  }

  public mutating func subtract(_ other: PairMatrix) {
    for from in rows.indices {
      for index in rows[from].indices { rows[from][index] &= ~other.word(from, index) }
    }
  }

  func word(_ from: Int, _ index: Int) -> UInt64 {
    from < rows.count && index < rows[from].count ? rows[from][index] : 0
  }
}
