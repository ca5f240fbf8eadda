import Glibc
import Testing

/// A terminal without a person.
final class Pseudoterminal {
  let master: Int32
  private let slave: Int32
  let path: String
  /// All that was shown so far.
  private(set) var shown = ""

  init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
    // Swift's Glibc has neither posix_openpt nor these requests (ioctl_tty(2)).
    let (setLock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
    var (unlocked, number) = (Int32(0), Int32(0))
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(
      ioctl(master, setLock, &unlocked) == 0 && ioctl(master, getNumber, &number) == 0)
    path = "/dev/pts/\(number)"
    slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    resize(rows: rows, columns: columns)
  }

  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
  }

  deinit {
    close(master)
    close(slave)
  }

  var mode: [UInt8] {
    var mode = termios()
    tcgetattr(slave, &mode)
    return withUnsafeBytes(of: &mode) { Array($0) }
  }

  func type(_ text: String) { _ = write(master, text, text.utf8.count) }

  /// Adds to `shown` what has come since the last look.
  func look() {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(master, &bytes, bytes.count)
    shown += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
