import Events
import Glibc
import Processes

@testable import Guests

/// A guest whose agent answers requests for files as a test wants, true or not.
final class HostileGuest: Sendable {
  struct Entry: Sendable {
    var name: String
    var mode: UInt32
    var target = ""

    static func file(_ name: String) -> Entry { Entry(name: name, mode: S_IFREG | 0o4777) }
    static func folder(_ name: String) -> Entry { Entry(name: name, mode: S_IFDIR | 0o755) }
    static func link(_ name: String, _ target: String) -> Entry {
      Entry(name: name, mode: S_IFLNK | 0o777, target: target)
    }

    var bytes: [UInt8] {
      var bytes: [UInt8] = []
      bytes.appendLittle(mode)
      bytes.appendLittle(UInt16(name.utf8.count))
      bytes.appendLittle(UInt16(target.utf8.count))
      bytes.appendLittle(UInt64(0))
      return bytes + Array(name.utf8) + Array(target.utf8)
    }
  }

  let client: AgentClient
  private let end: DescriptorBox

  /// `list` gives the data of each folder's list, by its path.
  init(list: @escaping @Sendable (String) -> [UInt8]) throws {
    let (ours, theirs) = try Descriptor.pair().split()
    end = theirs
    client = Supervisor.sync { AgentClient(ours) }
    DetachedThread.run { Self.serve(theirs, list) }
  }

  private static func serve(_ end: DescriptorBox, _ list: (String) -> [UInt8]) {
    let number = end.number
    var parser = FrameParser()
    func send(_ kind: Frame.Kind, _ request: UInt32, _ body: [UInt8] = []) {
      var bytes: [UInt8] = []
      Frame(session: 7, request: request, kind: kind, stream: .output, length: body.count)
        .encode(into: &bytes)
      bytes += body
      _ = write(number, bytes, bytes.count)
    }
    // The parser of the host's side begins a session by a hello, which it also gets from here.
    var hello: [UInt8] = []
    Frame(session: 7, request: 0, kind: .hello, length: FrameParser.helloBody).encode(into: &hello)
    hello += [2, 0] + [UInt8](repeating: 0, count: FrameParser.helloBody - 2)
    _ = write(number, hello, hello.count)
    _ = parser.fill { free in
      free.copyBytes(from: hello)
      return hello.count
    }
    while parser.next() != nil {}
    while parser.fill({ read(number, $0.baseAddress!, $0.count) }) > 0 {
      while let frame = parser.next() {
        let body = parser.withBody { Array($0) }
        // The first field is the path.
        let path = String(decoding: body.dropFirst(8), as: UTF8.self)
        switch Frame.Kind(rawValue: frame.kind) {
        case .stat:
          var mode: [UInt8] = []
          mode.appendLittle(S_IFDIR | UInt32(0o755))
          send(.file, frame.request, mode)
          send(.done, frame.request)
        case .list:
          send(.data, frame.request, list(path))
          send(.done, frame.request)
        case .get:
          var mode: [UInt8] = []
          mode.appendLittle(S_IFREG | UInt32(0o4777))
          send(.file, frame.request, mode)
          send(.data, frame.request, Array("evil".utf8))
          send(.done, frame.request)
        default: break
        }
      }
    }
  }
}
