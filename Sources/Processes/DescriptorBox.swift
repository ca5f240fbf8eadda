import Synchronization

/// Holds a descriptor until somebody takes it, so that arrays and dictionaries can carry it.
public final class DescriptorBox: Sendable {
  private let descriptor: Mutex<Descriptor?>

  public init(_ descriptor: consuming Descriptor) { self.descriptor = Mutex(descriptor) }

  /// The descriptor; nil if it was taken before.
  public func take() -> Descriptor? { descriptor.withLock { $0.take() } }

  /// Closes the descriptor, unless it was taken before.
  public func close() { _ = take() }

  /// Lends the descriptor to `body`; nil if it was taken before.
  public func use<Value: Sendable & ~Copyable, Failure: Error>(
    _ body: (borrowing Descriptor) throws(Failure) -> Value
  ) throws(Failure) -> Value? {
    try descriptor.withLock { descriptor throws(Failure) in
      switch descriptor {
      case .some(let descriptor): try body(descriptor)
      case .none: nil
      }
    }
  }

  /// The number, which stays the box's; -1 if the descriptor was taken.
  public var number: Int32 {
    descriptor.withLock { descriptor in
      switch descriptor {
      case .some(let descriptor): descriptor.number
      case .none: -1
      }
    }
  }
}
