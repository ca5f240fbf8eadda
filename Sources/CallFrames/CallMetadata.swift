/// gRPC's metadata: names in lower case with values, in order; a name that ends in `-bin` has bytes.
public struct CallMetadata: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public var name: String
    public var value: [UInt8]

    public init(_ name: String, _ value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }
  public var entries: [Entry] = []

  public init() {}

  public init?(_ body: [UInt8]) {
    var reader = FrameReader(body)
    self.init(&reader)
  }

  init?(_ reader: inout FrameReader) {
    guard let count = reader.number() else { return nil }
    for _ in 0..<count {
      guard let name = reader.text(), let value = reader.counted() else { return nil }
      entries.append(Entry(name, value))
    }
  }

  public var encoded: [UInt8] {
    var writer = FrameWriter()
    write(&writer)
    return writer.bytes
  }

  func write(_ writer: inout FrameWriter) {
    writer.number(UInt32(entries.count))
    for entry in entries {
      writer.counted(entry.name.utf8)
      writer.counted(entry.value)
    }
  }
}
