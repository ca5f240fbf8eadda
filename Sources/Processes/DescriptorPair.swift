/// The two ends of a pair of sockets, or of a pipe: there the first is the one to read from.
public struct DescriptorPair: ~Copyable, Sendable {
  public var first: Descriptor
  public var second: Descriptor

  public consuming func split() -> (DescriptorBox, DescriptorBox) {
    (DescriptorBox(first), DescriptorBox(second))
  }
}
