import Events
import Glibc
import Processes

/// A capture file in the format pcapng: an interface for each port, and for each frame and each port
/// that it was for a block with a comment that says what became of it. Owned by one thread. It
/// collects 256 KiB before it writes; a file that cannot be written any more ends the capture and
/// nothing else.
public struct CaptureWriter: ~Copyable, @unchecked Sendable {
  private static let capacity = 1 << 18
  /// What a frame may have, and its block beside it.
  public static let longestFrame = 1 << 16
  private static let roomForBlock = longestFrame + 1024

  /// Why the capture ended early; nil if it did not.
  public private(set) var failure: ProcessError?
  public private(set) var frames: UInt64 = 0

  private let file: Descriptor
  private var block: CaptureBlock
  private var names: [CaptureName] = []
  /// From the monotonic clock to the time of day.
  private let offset: UInt64

  /// Replaces a file that is there.
  public init(path: String) throws(ProcessError) {
    do throws(ProcessError) {
      file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    } catch {
      throw ProcessError(error.kind, "capture '\(path)': \(error.message)")
    }
    block = CaptureBlock(capacity: Self.capacity)
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let day = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    offset = day &- UInt64(Instant.monotonic())
    block.section(program: "vmscript")
  }

  deinit { block.deallocate() }

  /// A port, by the name that Wireshark shows; gives its number.
  public mutating func addInterface(_ name: String) -> Int {
    let short = CaptureName(name)
    if block.left < Self.roomForBlock { flush() }
    block.interface(short)
    names.append(short)
    return names.count - 1
  }

  /// A frame as it came from port `source` at `now` of the switch's clock, and its fate on the way to
  /// port `destination`; -1 for a frame that was for none. More than `longestFrame` bytes are cut.
  public mutating func write(
    _ frame: UnsafeRawBufferPointer, from source: Int, to destination: Int,
    verdict: Verdict, now: UInt64
  ) {
    guard failure == nil else { return }
    if block.left < Self.roomForBlock { flush() }
    frames &+= 1
    let name = destination >= 0 ? names[destination] : nil
    block.packet(
      UnsafeRawBufferPointer(rebasing: frame.prefix(Self.longestFrame)), length: frame.count,
      interface: source, time: offset &+ now, to: name, verdict, now: now)
  }

  /// Writes what was collected to the file.
  public mutating func flush() {
    let bytes = block.bytes
    var written = 0
    while written < bytes.count, failure == nil {
      let count = Glibc.write(file.number, bytes.baseAddress! + written, bytes.count - written)
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        failure = ProcessError.system("the capture ends early: write", errno)
      }
    }
    block.reset()
  }

  /// Writes all; throws if the capture is not whole.
  public mutating func finish() throws(ProcessError) {
    flush()
    if let failure { throw failure }
  }
}
