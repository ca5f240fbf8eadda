import Notation

/// Finds qemu-guest-agent's messages in what its port brings: JSON, one on a line. Whatever else is
/// there is passed over, and no line may be long.
struct QGAParser {
  /// What is asked of it here has short answers.
  static let limit = 1 << 20
  /// Not in any UTF-8 text; the answer to guest-sync-delimited begins with it (qga/qapi-schema.json
  /// of QEMU).
  static let sentinel: UInt8 = 0xff

  private var line: [UInt8] = []
  private var isTooLong = false

  mutating func take(_ bytes: some Sequence<UInt8>) -> [JSON] {
    var messages: [JSON] = []
    for byte in bytes {
      switch byte {
      case Self.sentinel: begin()
      case 0x0a:
        if !isTooLong, let message = try? JSON.parse(line), case .object = message {
          messages.append(message)
        }
        begin()
      default:
        if line.count == Self.limit { isTooLong = true }
        if !isTooLong { line.append(byte) }
      }
    }
    return messages
  }

  private mutating func begin() {
    line = []
    isTooLong = false
  }
}
