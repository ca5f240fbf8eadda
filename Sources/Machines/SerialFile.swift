import Events
import Glibc
import Processes

/// A file with the output of all boots: a regular one, a device, or a pipe with a reader.
@Supervisor public final class SerialFile: SerialSink {
  private let path: String
  private var file: DescriptorBox?
  private var hasBegun = false

  public nonisolated init(path: String) { self.path = path }

  /// Errors of kind missing if the file cannot be written.
  public func begin(
    _ machine: String, type: @escaping @Supervisor ([UInt8]) -> Void
  ) throws(MachineError) {
    // What is there is replaced by the first boot. O_NONBLOCK: a pipe that nobody reads stops none.
    let flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = open(path, flags | (hasBegun ? O_APPEND : O_TRUNC), 0o644)
    guard number >= 0 else {
      throw .system(.missing, "the serial port's file '\(path)' cannot be written", errno)
    }
    hasBegun = true
    file = DescriptorBox(Descriptor(owning: number))
  }

  public func take(_ bytes: [UInt8]) {
    guard let number = file?.number else { return }
    _ = bytes.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
  }

  public func end() {
    file?.close()
    file = nil
  }
}
