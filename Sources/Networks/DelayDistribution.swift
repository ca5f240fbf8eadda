/// How jitter is spread around the delay: the names and shapes of netem. For `uniform` jitter is the
/// greatest distance; for the others it is the standard deviation of the shape's table, which ends at
/// four of them.
public enum DelayDistribution: String, Sendable, Hashable, CaseIterable {
  case uniform, normal, pareto, paretonormal

  /// Computes the shape's table, which takes a part of a millisecond the first time; on whatever
  /// thread can spare it.
  public func prepare() { _ = quantiles }

  var quantiles: UnsafePointer<Float>? {
    switch self {
    case .uniform: nil
    case .normal: DelayTable.normal.values
    case .pareto: DelayTable.pareto.values
    case .paretonormal: DelayTable.paretonormal.values
    }
  }
}
