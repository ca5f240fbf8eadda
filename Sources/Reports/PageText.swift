import Notation

/// The page with a run's data in it.
enum PageText {
  static func assemble(_ data: JSON) -> [UInt8] {
    var page = bytes(EmbeddedPage.head)
    append(data, to: &page)
    page += bytes(EmbeddedPage.tail)
    return page
  }

  /// The data stand in a script element, which nothing in them may end: so there is no "<" in it.
  /// In JSON it can only be inside a string, where it has another name.
  private static func append(_ data: JSON, to page: inout [UInt8]) {
    var text = data.encoded
    text.withUTF8 { bytes in
      page.reserveCapacity(page.count + bytes.count + bytes.count / 16)
      for byte in bytes {
        if byte == UInt8(ascii: "<") {
          page += Array(#"\u003c"#.utf8)
        } else {
          page.append(byte)
        }
      }
    }
  }

  private static func bytes(_ text: StaticString) -> [UInt8] {
    Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
