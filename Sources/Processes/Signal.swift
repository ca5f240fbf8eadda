import Glibc

/// A signal that the run answers.
public enum Signal: Sendable, CaseIterable {
  /// Ctrl-C.
  case interrupt
  case terminate
  /// The terminal is gone.
  case hangup
  /// Ctrl-\.
  case quit
  /// Ctrl-Z: the answer is `Signals.stopSelf()`, after everything else has been paused.
  case stop
  /// Going on after a stop, of which whoever was to pause may not have heard.
  case resume
  /// Something was written that nobody will read: also an error of the write.
  case pipe
  /// For whoever asks for them.
  case user1, user2
  /// The terminal has another size.
  case window

  public var name: String {
    switch self {
    case .interrupt: "SIGINT"
    case .terminate: "SIGTERM"
    case .hangup: "SIGHUP"
    case .quit: "SIGQUIT"
    case .stop: "SIGTSTP"
    case .resume: "SIGCONT"
    case .pipe: "SIGPIPE"
    case .user1: "SIGUSR1"
    case .user2: "SIGUSR2"
    case .window: "SIGWINCH"
    }
  }

  public var number: Int32 {
    switch self {
    case .interrupt: SIGINT
    case .terminate: SIGTERM
    case .hangup: SIGHUP
    case .quit: SIGQUIT
    case .stop: SIGTSTP
    case .resume: SIGCONT
    case .pipe: SIGPIPE
    case .user1: SIGUSR1
    case .user2: SIGUSR2
    case .window: SIGWINCH
    }
  }

  /// Whether it is left alone until somebody asks for it.
  var isOptional: Bool {
    switch self {
    case .user1, .user2, .window: true
    default: false
    }
  }

  init?(number: Int32) {
    guard let signal = Self.allCases.first(where: { $0.number == number }) else { return nil }
    self = signal
  }
}
