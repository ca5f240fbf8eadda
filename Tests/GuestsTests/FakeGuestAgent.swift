import Events
import Glibc
import Notation
import Processes
import Synchronization

@testable import Guests

/// The guest's end of a qemu-guest-agent's port, on a thread of its own: answers as qga does, and
/// notes what it was asked.
final class FakeGuestAgent: Sendable {
  struct Behaviour: Sendable {
    var disabled: Set<String> = []
    /// Folders from which nothing can be run.
    var forbidden: [String] = []
    /// Bytes before the first answer.
    var noise: [UInt8] = []
    /// The first synchronisation is answered with another's number.
    var isStale = false
  }
  private let end: DescriptorBox
  private let behaviour: Behaviour
  private let asked = Mutex<[JSON]>([])
  /// Called when the shell starts the agent, with its command.
  private let onStart: @Sendable (String) -> Void

  var commands: [String] { asked.withLock { $0.compactMap { $0["execute"]?.text } } }
  var shells: [String] {
    asked.withLock { $0.compactMap { $0["arguments"]?["arg"]?.elements?.last?.text } }
  }
  var uploaded: Int {
    asked.withLock { list in
      list.compactMap { $0["arguments"]?["buf-b64"]?.text.flatMap(Base64.decode)?.count }
        .reduce(0, +)
    }
  }

  init(
    _ end: DescriptorBox, _ behaviour: Behaviour = .init(),
    onStart: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.end = end
    self.behaviour = behaviour
    self.onStart = onStart
    DetachedThread.run { self.serve() }
  }

  private func serve() {
    guard let descriptor = end.take() else { return }
    let number = descriptor.number
    var parser = QGAParser()
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var isFirst = true
    send(behaviour.noise, number)
    while case let count = read(number, &block, block.count), count > 0 {
      for message in parser.take(block[..<count]) {
        asked.withLock { $0.append(message) }
        guard var answer = answer(message) else { continue }
        let isSync = message["execute"] == "guest-sync-delimited"
        if isSync && isFirst && behaviour.isStale { answer = ["return": 1] }
        isFirst = isFirst && !isSync
        send((isSync ? [0xff] : []) + Array(answer.encoded.utf8) + [0x0a], number)
        if isSync && behaviour.isStale, let answer = self.answer(message) {
          send([0xff] + Array(answer.encoded.utf8) + [0x0a], number)
        }
      }
    }
  }

  private func send(_ bytes: [UInt8], _ number: Int32) { _ = write(number, bytes, bytes.count) }

  private func answer(_ message: JSON) -> JSON? {
    let arguments = message["arguments"]
    guard let name = message["execute"]?.text, name != "guest-shutdown" else { return nil }
    if behaviour.disabled.contains(name) {
      return ["error": ["desc": .string("The command \(name) has been disabled")]]
    }
    switch name {
    case "guest-sync-delimited": return ["return": arguments?["id"] ?? .null]
    case "guest-info":
      let names = [
        "guest-exec", "guest-exec-status", "guest-file-open", "guest-file-write",
        "guest-file-close", "guest-shutdown",
      ]
      return [
        "return": [
          "supported_commands": .array(
            names.map { ["name": .string($0), "enabled": .bool(!behaviour.disabled.contains($0))] })
        ]
      ]
    case "guest-file-open": return ["return": 1000]
    case "guest-file-write":
      let count = arguments?["buf-b64"]?.text.flatMap(Base64.decode)?.count ?? 0
      return ["return": ["count": .integer(Int64(count)), "eof": false]]
    case "guest-file-close": return ["return": [:]]
    case "guest-exec":
      let command = arguments?["arg"]?.elements?.last?.text ?? ""
      if behaviour.forbidden.contains(where: { command.contains("'\($0)/") }) {
        return ["return": ["pid": 13]]
      }
      onStart(command)
      return ["return": ["pid": 12]]
    case "guest-exec-status":
      if arguments?["pid"] == 13 {
        return [
          "return": [
            "exited": true, "exitcode": 126,
            "err-data": .string(Base64.encode(Array("sh: Permission denied\n".utf8))),
          ]
        ]
      }
      return ["return": ["exited": true, "exitcode": 0]]
    default: return ["error": ["class": "CommandNotFound", "desc": .string("no \(name)")]]
    }
  }
}
