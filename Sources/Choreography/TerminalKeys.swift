import Events
import Glibc
import Processes

/// The keys of the terminal, given to one machine: raw, so that Ctrl-C is the guest's too. Ctrl-]
/// gives them back, and so does every end of the run; after SIGKILL it is the guardian who does.
@Supervisor enum TerminalKeys {
  /// Ctrl-], as with telnet.
  private static let release = UInt8(0x1d)

  private static var saved: termios?
  /// The mode from before a prompt, whose line editor sets others.
  private static var lent: termios?
  /// What it had set when the process was stopped.
  private static var edited: termios?
  private static var watch: Watch?
  private static var type: @Supervisor ([UInt8]) -> Void = { _ in }
  private static var resize: @Supervisor (TerminalSize) -> Void = { _ in }
  private static var onEnd: @Supervisor () -> Void = {}
  /// The machine that gets the keys.
  private(set) static var holder: String?

  /// Whether there is a terminal, and this process in its foreground.
  static var areThere: Bool {
    guard isatty(0) == 1 else { return false }
    // -1: a terminal, but not the one that controls this process; its keys are read all the same.
    let group = tcgetpgrp(0)
    return group < 0 || group == getpgrp()
  }

  /// `onEnd` is called when they are taken back, whoever does that.
  static func give(
    to machine: String, _ type: @escaping @Supervisor ([UInt8]) -> Void,
    resize: @escaping @Supervisor (TerminalSize) -> Void = { _ in },
    onEnd: @escaping @Supervisor () -> Void = {}
  ) {
    guard holder == nil, areThere, makeRaw() else { return }
    holder = machine
    self.type = type
    self.resize = resize
    self.onEnd = onEnd
    watch = Watch(0) { _ in read() }
  }

  static func takeBack() {
    guard holder != nil else { return }
    holder = nil
    watch?.cancel()
    watch = nil
    type = { _ in }
    resize = { _ in }
    restore()
    let ended = onEnd
    onEnd = {}
    ended()
  }

  /// How large the terminal is; nil if it does not know.
  static var size: TerminalSize? {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
      return nil
    }
    return TerminalSize(rows: Int(size.ws_row), columns: Int(size.ws_col))
  }

  /// The terminal has another size now.
  static func resized() {
    if holder != nil, let size { resize(size) }
  }

  /// The process is about to be stopped, or goes on: the shell wants its terminal back meanwhile.
  static func suspend() {
    if holder != nil { return restore() }
    guard var mode = lent else { return }
    var present = termios()
    if tcgetattr(0, &present) == 0 { edited = present }
    tcsetattr(0, TCSANOW, &mode)
  }

  static func resume() {
    if holder != nil { _ = makeRaw() }
    if var mode = edited { tcsetattr(0, TCSANOW, &mode) }
    edited = nil
  }

  /// A line editor sets the terminal's mode from now on. Every end of the run brings back the present
  /// one.
  static func lend() {
    takeBack()
    var mode = termios()
    guard lent == nil, tcgetattr(0, &mode) == 0 else { return }
    Ending.shared.noteWork()
    lent = mode
    Guardian.keepTerminal(mode)
  }

  static func endLoan() {
    guard var mode = lent else { return }
    lent = nil
    tcsetattr(0, TCSANOW, &mode)
    Guardian.keepTerminal(nil)
  }

  static var isLent: Bool { lent != nil }

  private static func makeRaw() -> Bool {
    var mode = termios()
    guard tcgetattr(0, &mode) == 0 else { return false }
    saved = mode
    Guardian.keepTerminal(mode)
    let output = mode.c_oflag
    cfmakeraw(&mode)
    // What the script itself prints still begins at the left.
    mode.c_oflag = output
    return tcsetattr(0, TCSANOW, &mode) == 0
  }

  private static func restore() {
    guard var mode = saved else { return }
    saved = nil
    tcsetattr(0, TCSANOW, &mode)
    Guardian.keepTerminal(lent)
  }

  private static func read() {
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, Glibc.read(0, buffer.baseAddress, buffer.count))
    }
    let keys = bytes.prefix { $0 != release }
    if !keys.isEmpty { type(Array(keys)) }
    if keys.count < bytes.count || bytes.isEmpty { takeBack() }
  }
}
