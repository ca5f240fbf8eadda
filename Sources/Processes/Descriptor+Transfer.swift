import CProcess
import Glibc

extension Descriptor {
  /// A pipe: read from the first, write to the second.
  public static func pipe() throws(ProcessError) -> DescriptorPair {
    var numbers: [Int32] = [-1, -1]
    let code = process_pipe(&numbers)
    guard code == 0 else { throw ProcessError.system("pipe", code) }
    return DescriptorPair(
      first: Descriptor(owning: numbers[0]), second: Descriptor(owning: numbers[1]))
  }

  /// Opens a file; `flags` and `mode` as of open(2), close-on-exec added.
  public static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o600
  ) throws(ProcessError) -> Descriptor {
    let number = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw ProcessError.system("cannot open \(path)", errno) }
    return Descriptor(owning: number)
  }

  /// Makes reads and writes return instead of waiting. This holds for the open file, and so for
  /// everybody who has a duplicate: never for a descriptor that a child will use too.
  public borrowing func setNonblocking() throws(ProcessError) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw ProcessError.system("fcntl", errno)
    }
  }

  /// What can be read now, at most `limit` bytes; an empty array at the end (which a hung-up peer
  /// is too), nil if nothing is there yet.
  public borrowing func read(upTo limit: Int) throws(ProcessError) -> [UInt8]? {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      var result: Int
      repeat {
        result = Glibc.read(number, buffer.baseAddress, limit)
      } while result < 0
        && errno == EINTR
      code = result < 0 ? errno : 0
      count = max(0, result)
    }
    switch code {
    case 0, ECONNRESET: return bytes
    case EAGAIN: return nil
    default: throw ProcessError.system("read", code)
    }
  }

  /// Writes what can be written now and returns how many bytes that were, 0 if none. A reader that
  /// is gone is an error (EPIPE), never a signal once a child was launched or signals are caught.
  public borrowing func write(_ bytes: some Sequence<UInt8>) throws(ProcessError) -> Int {
    let array = Array(bytes)
    var result: Int
    repeat { result = Glibc.write(number, array, array.count) } while result < 0 && errno == EINTR
    if result < 0 && errno == EAGAIN { return 0 }
    guard result >= 0 else { throw ProcessError.system("write", errno) }
    return result
  }

  /// Writes all bytes to a descriptor that is not nonblocking.
  public borrowing func writeAll(_ bytes: some Sequence<UInt8>) throws(ProcessError) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty { rest = rest.dropFirst(try write(rest)) }
  }
}
