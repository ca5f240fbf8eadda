import Glibc

/// The Swift source that carries the report's page, `page.html`, whose lines `{{style a.css}}` and
/// `{{script a.js b.js}}` are replaced by these files, and `{{policy}}` by a Content-Security-Policy
/// that allows them, by their hashes, and nothing else. A line `{{data}}` is where it is parted.
struct PageSource {
  var folder: String

  func generate() throws(EmbedError) -> String {
    let path = "\(folder)/page.html"
    var page = ""
    var hashes: [String: String] = [:]
    for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("{{"), line.hasSuffix("}}"), line != "{{data}}" else {
        page += line + "\n"
        continue
      }
      let words = line.dropFirst(2).dropLast(2).split(separator: " ")
      guard let element = words.first, element == "style" || element == "script", words.count > 1
      else { throw EmbedError("\(path): error: '\(line)' is not known") }
      var content = "\n"
      for name in words.dropFirst() { content += try text("\(folder)/\(name)") }
      if content.contains("</\(element)") || content.contains("<!--") {
        throw EmbedError("\(path): error: \(line) has a text that would end its element")
      }
      hashes[String(element)] = try hash(content)
      page += "<\(element)>\(content)</\(element)>\n"
    }
    guard let style = hashes["style"], let script = hashes["script"] else {
      throw EmbedError("\(path): error: it has no style or no script")
    }
    let policy =
      "default-src 'none'; script-src 'sha256-\(script)'; style-src 'sha256-\(style)'; "
      + "base-uri 'none'; form-action 'none'"
    var parts: [String] = [""]
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "{{data}}" {
        parts.append("")
      } else if let mark = line.firstRange(of: "{{policy}}") {
        parts[parts.count - 1] +=
          line[..<mark.lowerBound] + policy + line[mark.upperBound...] + "\n"
      } else {
        parts[parts.count - 1] += line + "\n"
      }
    }
    guard parts.count == 2 else { throw EmbedError("\(path): error: it has no line {{data}}") }
    return """
      enum EmbeddedPage {
        static let head: StaticString = \(literal(parts[0]))
        static let tail: StaticString = \(literal(parts[1]))
      }

      """
  }

  private func text(_ path: String) throws(EmbedError) -> String {
    String(decoding: try readFile(path), as: UTF8.self)
  }

  /// SHA-256 in base64, by the programs that every Linux has.
  private func hash(_ content: String) throws(EmbedError) -> String {
    let name = "/tmp/vmscript-embed-\(getpid())"
    try content.write(to: name)
    defer { unlink(name) }
    guard let pipe = popen("sha256sum \(name)", "r") else {
      throw EmbedError("error: cannot run sha256sum")
    }
    var digits = [CChar](repeating: 0, count: 65)
    let count = fread(&digits, 1, 64, pipe)
    guard pclose(pipe) == 0, count == 64 else { throw EmbedError("error: sha256sum failed") }
    let bytes = (0..<32).map { index in
      UInt8(
        String(decoding: digits[2 * index...2 * index + 1].map(UInt8.init), as: UTF8.self),
        radix: 16)
        ?? 0
    }
    return base64(bytes)
  }

  private func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let word = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
      for index in 0..<4 {
        text.append(index > part.count ? "=" : letters[word >> (18 - 6 * index) & 63])
      }
    }
    return text
  }
}
