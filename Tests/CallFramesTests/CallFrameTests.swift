import Testing

@testable import CallFrames

@Suite struct CallFrameTests {
  private static let request: CallRequest = {
    var request = CallRequest(address: "127.0.0.1", port: 40123, service: "a.B", method: "C")
    request.timeout = 1500
    request.messageLimit = 17
    request.message = [0, 255]
    request.isSingleReply = true
    request.metadata.entries = [.init("name", Array("value".utf8)), .init("x-bin", [0, 1])]
    return request
  }()

  @Test func requestsComeThroughWhole() {
    #expect(CallRequest(Self.request.encoded) == Self.request)
    var stream = Self.request
    stream.message = nil
    #expect(CallRequest(stream.encoded) == stream)
    stream.message = []
    #expect(CallRequest(stream.encoded) == stream)
  }

  @Test func endsComeThroughWhole() {
    let end = CallEnd(code: 5, message: "no é", trailers: Self.request.metadata)
    #expect(CallEnd(end.encoded) == end)
    #expect(end.status == "NOT_FOUND")
    #expect(CallEnd(code: 99, message: "").status == "CODE_99")
    #expect(CallFrame.credit(70_000, 3).credit == 70_000)
  }

  /// Bodies that are cut short are refused at every length.
  @Test func cutBodiesAreRefused() {
    let body = Self.request.encoded
    for count in 0..<body.count { #expect(CallRequest(Array(body[..<count])) == nil) }
  }

  @Test(arguments: [1, 2, 7, 100, 5000]) func framesAreFoundInPieces(size: Int) throws {
    let frames = (0..<50).map {
      CallFrame(.message, UInt32($0), Array(repeating: UInt8($0), count: $0 * 7))
    }
    let bytes = frames.flatMap(\.encoded)
    var parser = FrameParser()
    var found: [CallFrame] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      parser.append(bytes[start..<min(start + size, bytes.count)])
      while let frame = try parser.next() { found.append(frame) }
    }
    #expect(found == frames)
  }

  @Test func whatIsNoFrameIsRefused() {
    for bytes: [UInt8] in [
      [0, 0, 0, 0, 0, 0, 0, 0, 99], [255, 255, 255, 255, 0, 0, 0, 0, 1],
    ] {
      var parser = FrameParser()
      parser.append(bytes)
      #expect(throws: FrameError.self) { try parser.next() }
    }
  }
}
