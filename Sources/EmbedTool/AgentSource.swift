import Glibc

/// The Swift source that carries the guest's agent, as the hexadecimal digits of its bytes in one
/// StaticString: the compiler copies those without looking at them.
struct AgentSource {
  /// Where the compiler leaves the agent.
  var file: String
  /// The C compiler's path and what it needs besides `-o`.
  var compilation: [String]

  func generate() throws(EmbedError) -> String {
    try compile()
    let bytes = try readFile(file)
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
      throw EmbedError("\(file): error: not an ELF program")
    }
    var digits: [UInt8] = []
    var digest: UInt64 = 14_695_981_039_346_656_037  // FNV-1a
    digits.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      digest = (digest ^ UInt64(byte)) &* 1_099_511_628_211
      digits.append(Self.digit[Int(byte >> 4)])
      digits.append(Self.digit[Int(byte & 15)])
    }
    return """
      enum EmbeddedAgent {
        static let digest = "\(String(digest, radix: 16))"
        static let hexadecimal: StaticString = "\(String(decoding: digits, as: UTF8.self))"
      }

      """
  }

  private func compile() throws(EmbedError) {
    var arguments: [UnsafeMutablePointer<CChar>?] =
      (compilation + ["-o", file]).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, compilation[0], nil, nil, &arguments, environ)
    guard code == 0 else {
      throw EmbedError("\(compilation[0]): error: \(String(cString: strerror(code)))")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else { throw EmbedError("the guest's agent does not compile: see above") }
  }

  private static let digit = Array("0123456789abcdef".utf8)
}
