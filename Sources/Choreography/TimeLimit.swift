import Events

/// How long a wait may last: its time-out, or an earlier limit that `wait.eventually` has set.
struct TimeLimit {
  let deadline: Deadline
  /// "timed out after 5 s"; without the seconds if it was not the wait's own time-out that passed.
  let text: String

  /// `timeout` in seconds.
  init(_ timeout: Double, cap: Deadline?) {
    let own = Deadline.after(timeout)
    deadline = min(own, cap ?? .never)
    text =
      deadline < own || !timeout.isFinite ? "timed out" : "timed out after \(formatted(timeout)) s"
  }
}
