import Events

/// How long a wait may last: its time-out, or an earlier limit that `wait.eventually` has set.
struct TimeLimit {
  let deadline: Deadline
  /// The time-out.
  let seconds: Double
  /// The limit of `wait.eventually` comes first.
  let isCapped: Bool

  /// `timeout` in seconds.
  init(_ timeout: Double, cap: Deadline?) {
    let own = Deadline.after(timeout)
    seconds = timeout
    deadline = min(own, cap ?? .never)
    isCapped = deadline < own
  }

  /// "timed out after 5 s"; without the seconds if it was not the wait's own time-out that passed.
  var text: String {
    isCapped || !seconds.isFinite ? "timed out" : "timed out after \(formatted(seconds)) s"
  }
}
