import Events
import Glibc
import Processes

/// A folder of the host's that files are put into, held open so that nobody can put another into its
/// place meanwhile.
@Supervisor final class HostFolder {
  private let descriptor: Descriptor
  /// For messages.
  let path: [UInt8]
  /// It was not there before.
  let isNew: Bool
  var number: Int32 { descriptor.number }

  /// Opens a folder that is trusted: the path is the script's.
  init(path: [UInt8], isNew: Bool = false) throws(AgentError) {
    self.path = path
    self.isNew = isNew
    let number = open(path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw .host("write to", path.shownPath, errno) }
    descriptor = Descriptor(owning: number)
  }

  /// Opens or makes a folder in another. A link that is there is not followed: an earlier copy of what
  /// a guest had may have brought it.
  init(_ name: [UInt8], in parent: HostFolder) throws(AgentError) {
    path = parent.path.appending(name)
    let text = name.map { CChar(bitPattern: $0) } + [0]
    isNew = mkdirat(parent.number, text, 0o700) == 0
    if !isNew && errno != EEXIST {
      throw .host("make the folder", path.shownPath, errno)
    }
    let number = openat(parent.number, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { throw .host("write to the folder", path.shownPath, errno) }
    descriptor = Descriptor(owning: number)
  }

  func setMode(_ mode: UInt32) { fchmod(number, mode & 0o777) }

  /// Makes a symbolic link, in the place of what is there but a folder.
  func makeLink(_ name: [UInt8], to target: [UInt8]) throws(AgentError) {
    let temporary = Self.temporaryName()
    let text = target.map { CChar(bitPattern: $0) } + [0]
    guard symlinkat(text, number, temporary) == 0 else {
      throw .host("make the link", path.appending(name).shownPath, errno)
    }
    try rename(temporary, to: name)
  }

  /// Puts a new file in the place of what has its name.
  func rename(_ temporary: [CChar], to name: [UInt8]) throws(AgentError) {
    guard renameat(number, temporary, number, name.map { CChar(bitPattern: $0) } + [0]) != 0 else {
      return
    }
    let code = errno
    unlinkat(number, temporary, 0)
    throw .host("write", path.appending(name).shownPath, code)
  }

  static func temporaryName() -> [CChar] {
    let number = String(UInt64.random(in: 0 ... .max), radix: 36)
    return ".vmscript-\(getpid())-\(number)".utf8.map { CChar(bitPattern: $0) } + [0]
  }
}

/// A file of the host's that appears whole, or not at all.
@Supervisor final class HostSink: ByteSink {
  private let folder: HostFolder
  private let name: [UInt8]
  private let descriptor: Descriptor
  /// Where the file system knows no files without a name.
  private var temporary: [CChar]?

  init(_ name: [UInt8], in folder: HostFolder) throws(AgentError) {
    self.folder = folder
    self.name = name
    // Without a name until it is whole: a program that is killed leaves nothing (open(2), O_TMPFILE).
    var number = openat(folder.number, ".", unnamed | O_WRONLY | O_CLOEXEC, 0o600)
    if number < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
      let temporary = HostFolder.temporaryName()
      number = openat(
        folder.number, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if number >= 0 { self.temporary = temporary }
    }
    guard number >= 0 else { throw .host("write", folder.path.appending(name).shownPath, errno) }
    descriptor = Descriptor(owning: number)
  }

  isolated deinit {
    if let temporary { unlinkat(folder.number, temporary, 0) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(AgentError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor.number, rest.baseAddress!, rest.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Gives it its name and mode.
  func commit(mode: UInt32) throws(AgentError) {
    fchmod(descriptor.number, mode & 0o777)
    if temporary == nil {
      let name = HostFolder.temporaryName()
      let source = "/proc/self/fd/\(descriptor.number)"
      guard linkat(AT_FDCWD, source, folder.number, name, Int32(AT_SYMLINK_FOLLOW)) == 0 else {
        throw failure()
      }
      temporary = name
    }
    let temporary = temporary!
    self.temporary = nil
    try folder.rename(temporary, to: name)
  }

  private func failure() -> AgentError {
    .host("write", folder.path.appending(name).shownPath, errno)
  }
}

/// O_TMPFILE, which Swift does not import: a macro of two others.
private let unnamed: Int32 = 0o20000000 | O_DIRECTORY
