import Testing

@testable import Guests

@Suite struct FrameTests {
  private func frame(
    _ kind: Frame.Kind, session: UInt32 = 7, request: UInt32 = 1, _ body: [UInt8] = []
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    Frame(session: session, request: request, kind: kind, length: body.count).encode(into: &bytes)
    return bytes + body
  }

  private func hello(session: UInt32) -> [UInt8] {
    frame(.hello, session: session, request: 0, [UInt8](repeating: 0, count: FrameParser.helloBody))
  }

  /// The kinds and bodies of what the parser finds when fed in pieces of `size`.
  private func parse(_ bytes: [UInt8], by size: Int) -> [(UInt8, [UInt8])] {
    var parser = FrameParser()
    var found: [(UInt8, [UInt8])] = []
    var at = 0
    while at < bytes.count {
      let piece = bytes[at..<min(bytes.count, at + size)]
      at += parser.fill { free in
        let count = min(free.count, piece.count)
        free.copyBytes(from: piece.prefix(count))
        return count
      }
      while let frame = parser.next() { found.append((frame.kind, parser.withBody { Array($0) })) }
    }
    return found
  }

  @Test(arguments: [1, 3, 24, 1000, 100_000]) func findsFramesAmongNoise(_ size: Int) {
    let noise = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var broken = frame(.data, [9, 9, 9])
    broken[16] = 200  // a length that the check does not fit
    let data = [UInt8](repeating: 0x56, count: 300)
    let bytes =
      noise + frame(.data, [1]) + hello(session: 7) + Array("VMS1".utf8) + frame(.data, data)
      + broken + noise + frame(.data, session: 8, [5]) + frame(.done)
    let found = parse(bytes, by: size)
    #expect(found.map(\.0) == [Frame.Kind.hello, .data, .done].map(\.rawValue))
    #expect(found.count == 3 && found[1].1 == data)
  }

  @Test func aBootThatWasCutShort() {
    let half = frame(.data, [UInt8](repeating: 1, count: 30_000)).prefix(10_000)
    let found = parse(hello(session: 7) + half + hello(session: 8), by: 4096)
    #expect(found.map(\.0) == [Frame.Kind.hello, .hello].map(\.rawValue))
  }

  @Test func aHelloInsideDataIsData() {
    let found = parse(
      hello(session: 7) + frame(.data, hello(session: 8) + [0]) + frame(.done), by: 500)
    #expect(found.map(\.0) == [Frame.Kind.hello, .data, .done].map(\.rawValue))
  }

  @Test func largestBody() {
    let body = [UInt8](repeating: 3, count: Frame.maximumBody)
    let found = parse(hello(session: 7) + frame(.data, body) + frame(.data, body), by: 100_000)
    #expect(found.count == 3 && found[2].1 == body)
  }
}
