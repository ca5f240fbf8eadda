import Foundation
import Glibc

/// A child with pipes on its output. Foundation's Process hands the caller's blocked signals on to
/// children, which then never see a SIGINT: here they start with none blocked and none ignored.
final class ChildProcess {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private static let making = NSLock()
  let pid: pid_t
  private var output: Int32
  private var errors: Int32
  private let readsErrors: Bool
  private(set) var outputBytes: [UInt8] = []
  private(set) var errorBytes: [UInt8] = []
  /// The exit status, or the negative number of the signal that ended it.
  private(set) var status: Int32?

  /// `input` nil: standard input is /dev/null. `readsErrors` false: nobody reads standard error, so
  /// that it is full one day.
  init(
    _ words: [String], environment: [String: String], directory: String, input: String? = nil,
    readsErrors: Bool = true
  ) throws(Failure) {
    self.readsErrors = readsErrors
    // Another child that is made between a pipe and its flag would keep the pipe open.
    Self.making.lock()
    defer { Self.making.unlock() }
    let (outputPipe, errorPipe) = (try Self.pipe(), try Self.pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputPipe.write, 1)
    posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var arguments: [UnsafeMutablePointer<CChar>?] =
      (["env", "-C", directory] + words).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in arguments + variables { free(word) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, &arguments, &variables)
    close(outputPipe.write)
    close(errorPipe.write)
    guard code == 0 else {
      throw Failure(description: "\(words[0]): \(String(cString: strerror(code)))")
    }
    self.pid = pid
    output = outputPipe.read
    errors = errorPipe.read
  }

  private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Reads until both outputs have ended and the child with them. `look` sees what there is at each
  /// step and says how many seconds from now to come back at the latest; nil gives up.
  func run(_ look: (ChildProcess) -> Double?) {
    while status == nil || output >= 0 || (errors >= 0 && readsErrors), let patience = look(self) {
      reap()
      var files = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: readsErrors ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      // The child's end itself wakes nobody: it is looked for now and then.
      let isQuiet = output < 0 && (errors < 0 || !readsErrors)
      guard poll(&files, 2, Int32(min(patience, isQuiet ? 0.005 : 0.1) * 1000)) > 0 else {
        continue
      }
      if files[0].revents != 0 { Self.read(&output, into: &outputBytes) }
      if files[1].revents != 0 { Self.read(&errors, into: &errorBytes) }
    }
    close(output)
    close(errors)
  }

  private func reap() {
    var code: Int32 = 0
    guard status == nil, waitpid(pid, &code, WNOHANG) == pid else { return }
    status = code & 0x7f == 0 ? code >> 8 & 0xff : -(code & 0x7f)
  }

  private static func read(_ file: inout Int32, into bytes: inout [UInt8]) {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(file, &block, block.count)
    if count > 0 {
      bytes += block.prefix(count)
      return
    }
    close(file)
    file = -1
  }
}
