import Processes
import Synchronization

/// A capture that one switch writes, in turn with who ends it.
public final class CaptureFile: @unchecked Sendable {
  private var writer: CaptureWriter

  /// Replaces a file that is there. Errors of kind launch if it cannot be written.
  public init(path: String) throws(ProcessError) { writer = try CaptureWriter(path: path) }

  /// How many blocks were written: one for each frame and each port it was for.
  public var count: UInt64 { writer.frames }

  func addPort(_ name: String) { _ = writer.addInterface(name) }

  func flush() { writer.flush() }

  func write(
    _ frame: UnsafePointer<UInt8>, _ length: Int, from: Int, to: Int, _ verdict: Verdict,
    now: UInt64
  ) {
    writer.write(
      UnsafeRawBufferPointer(start: frame, count: length), from: from, to: to, verdict: verdict,
      now: now)
  }

  /// When the switch has let go of it. Errors of kind launch if not all could be written.
  public func finish() throws(ProcessError) { try writer.finish() }
}
