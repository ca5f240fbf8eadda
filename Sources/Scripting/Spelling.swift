/// Finds what somebody probably meant.
public enum Spelling {
  /// `; did you mean 'x'?` for the nearest of `known`, or the list of them if none is near.
  public static func hint(_ name: String, among known: [String]) -> String {
    let near = known.map { (distance(name.lowercased(), $0.lowercased()), $0) }
      .min { ($0.0, $0.1) < ($1.0, $1.1) }
    if let near, near.0 <= max(1, min(name.count, near.1.count) / 2) {
      return "; did you mean '\(near.1)'?"
    }
    return known.isEmpty ? "" : "; known: \(known.joined(separator: ", "))"
  }

  /// Damerau-Levenshtein distance with adjacent transpositions.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
