/// How frames are lost. Probabilities are from 0 to 1.
public enum LossModel: Sendable, Hashable {
  /// Each with this probability. With a correlation (0 to below 1) losses come in a row: a frame after
  /// a lost one is lost with `probability + correlation * (1 - probability)`, and as many are lost
  /// in all.
  case random(probability: Double, correlation: Double = 0)
  /// Gilbert and Elliott's two states: `toBad` and `toGood` are the chances of changing (netem's p
  /// and r), `bad` and `good` those of loss in each state (1-h and 1-k).
  case gilbertElliott(toBad: Double, toGood: Double, bad: Double = 1, good: Double = 0)
}
