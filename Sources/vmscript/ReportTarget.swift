import Glibc
import Suites

/// Where a report goes. What cannot be written is remembered, and the rest not tried.
struct ReportTarget {
  private let descriptor: Int32
  private let name: String
  /// "results.xml: No space left on device".
  private(set) var error: String?

  static let standardOutput = ReportTarget(descriptor: 1, name: "standard output")

  /// A new file, or an old one made empty.
  static func open(_ path: String) throws(SuiteError) -> ReportTarget {
    let number = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard number >= 0 else {
      throw SuiteError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    return ReportTarget(descriptor: number, name: path)
  }

  private init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  mutating func write(_ pieces: [ReportPiece]) {
    for piece in pieces {
      switch piece {
      case .text(let text): write(text)
      case .output(let output, let indent):
        var block = ""
        output.forEachLine { line in
          block += indent + line + "\n"
          if block.utf8.count > 1 << 16 {
            write(block)
            block = ""
          }
        }
        write(block)
      }
    }
  }

  private mutating func write(_ text: String) {
    guard error == nil else { return }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var file = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&file, 1, -1)
      } else if errno != EINTR {
        // Nobody reads any more, as after `| head`: then nothing more is to be found out.
        if errno == EPIPE, descriptor == 1 { Suite.abandon(128 + SIGPIPE) }
        error = "\(name): \(String(cString: strerror(errno)))"
        return
      }
    }
  }
}
