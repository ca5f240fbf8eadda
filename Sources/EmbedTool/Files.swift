import Glibc

func readFile(_ path: String) throws(EmbedError) -> [UInt8] {
  guard let file = fopen(path, "r") else {
    throw EmbedError("\(path): error: \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return bytes }
    bytes += buffer.prefix(count)
  }
}

extension String {
  /// Writes the file unless it says this already, so that nothing is compiled again for nothing.
  func write(to path: String) throws(EmbedError) {
    if access(path, F_OK) == 0, try readFile(path).elementsEqual(utf8) { return }
    guard let file = fopen(path, "w") else {
      throw EmbedError("\(path): error: \(String(cString: strerror(errno)))")
    }
    var text = self
    let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
    guard fclose(file) == 0, written == utf8.count else {
      throw EmbedError("\(path): error: \(String(cString: strerror(errno)))")
    }
  }
}
