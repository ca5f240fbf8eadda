import Events

/// Where a machine's serial port goes besides the log.
public enum SerialTarget: Sendable {
  case cable(CableEnd)
  case sink(any SerialSink)
}

/// What takes a guest's output as it comes. It may lose some, and may not make anybody wait.
@Supervisor public protocol SerialSink: AnyObject, Sendable {
  /// A boot of QEMU begins; `type` types on the console.
  func begin(_ machine: String, type: @escaping @Supervisor ([UInt8]) -> Void) throws(MachineError)
  func take(_ bytes: [UInt8])
  /// The machine has ended.
  func end()
}
