/// A raw string literal of these lines, whose fence is longer than any run of `#` in them. A last
/// line feed is added if there is none.
func literal(_ text: String) -> String {
  var (longest, run) = (0, 0)
  for byte in text.utf8 {
    run = byte == UInt8(ascii: "#") ? run + 1 : 0
    longest = max(longest, run)
  }
  let fence = String(repeating: "#", count: longest + 1)
  return "\(fence)\"\"\"\n\(text)\(text.utf8.last == 0x0A ? "" : "\n")\n\"\"\"\(fence)"
}
