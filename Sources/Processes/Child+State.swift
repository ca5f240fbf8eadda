import Glibc

extension Child {
  /// Whether the process has begun to end, though it may not be reaped yet: a process that is
  /// killed closes its sockets before its parent is told. Linux has PF_EXITING (4) in the ninth field
  /// of /proc/PID/stat (proc(5)) from before then on.
  public var isEnding: Bool {
    guard exited.value == nil, let file = try? Descriptor.open("/proc/\(pid)/stat", O_RDONLY),
      let bytes = try? file.read(upTo: 4096)
    else { return true }
    // The second field is a name in parentheses, with any characters.
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return false }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 6 && (UInt64(fields[6]) ?? 0) & 4 != 0
  }
}
