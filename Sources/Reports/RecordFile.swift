import Glibc
import Processes

/// A file of a record, of which one reads what one wants. A run that lives may be writing to it.
final class RecordFile {
  let path: String
  /// In bytes, when it was opened.
  let size: Int
  private let file: Descriptor

  /// Nil if there is none.
  init?(_ path: String) throws(ReportError) {
    // Without O_NONBLOCK a FIFO of that name would be waited for.
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if number < 0, errno == ENOENT || errno == ENOTDIR { return nil }
    guard number >= 0 else { throw .system("cannot read \(path)", errno) }
    file = Descriptor(owning: number)
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ReportError(.failed, "cannot read \(path): it is no file")
    }
    self.path = path
    size = Int(status.st_size)
  }

  /// What there is in that range; less if the file has become shorter.
  func read(_ range: Range<Int>) throws(ReportError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      count = 0
      while count < range.count {
        let got = pread(
          file.number, buffer.baseAddress! + count, range.count - count,
          off_t(range.lowerBound + count))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        guard got > 0 else { return }
        count += got
      }
    }
    guard code == 0 else { throw .system("cannot read \(path)", code) }
    return bytes
  }
}
