extension EmbeddedAgent {
  /// The agent: a static program.
  static var bytes: [UInt8] {
    hexadecimal.withUTF8Buffer { digits in
      stride(from: 0, to: digits.count, by: 2).map {
        value(digits[$0]) << 4 | value(digits[$0 + 1])
      }
    }
  }

  private static func value(_ digit: UInt8) -> UInt8 {
    digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
  }
}
