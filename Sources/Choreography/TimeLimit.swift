import Events

/// How long a wait may last: its time-out, or an earlier limit that `wait.eventually` has set.
struct TimeLimit {
  let deadline: Deadline
  /// The time-out.
  let seconds: Double
  /// The limit of `wait.eventually` comes first.
  let isCapped: Bool
  /// "timed out after 5 s"; without the seconds if it was not the wait's own time-out that passed.
  let text: String

  /// `timeout` in seconds.
  init(_ timeout: Double, cap: Deadline?) {
    let own = Deadline.after(timeout)
    seconds = timeout
    deadline = min(own, cap ?? .never)
    isCapped = deadline < own
    text =
      isCapped || !timeout.isFinite ? "timed out" : "timed out after \(formatted(timeout)) s"
  }
}
