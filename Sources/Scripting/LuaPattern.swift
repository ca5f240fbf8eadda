import Glibc

/// A Lua pattern (manual, 6.4.1), compiled. It matches as `string.find` does, with two differences:
/// a match that takes long can be stopped, and "^" is the text's beginning wherever a search begins.
public struct LuaPattern: Sendable {
  public struct Found: Sendable {
    /// Offsets into the text, counted from 0; `end` is behind the match.
    public var start: Int
    public var end: Int
    public var captures: [Capture]
  }

  public enum Capture: Sendable {
    case range(Range<Int>)
    /// `()`: counted from 1, as Lua does.
    case position(Int)
  }

  public enum Outcome: Sendable {
    case found(Found)
    case none
    /// The caller did not want to go on.
    case stopped
  }

  struct Item {
    enum Kind {
      case one, optional, star, plus, minus
      case open, position, close, back
      case balance, frontier, end
    }
    var kind: Kind
    /// Of a set of bytes, or of a capture.
    var number = 0
    var first: UInt8 = 0
    var second: UInt8 = 0
  }

  public let bytes: [UInt8]
  var items: [Item] = []
  /// Four words for each set of bytes.
  var sets: [UInt64] = []
  var isAnchored = false
  /// What each match begins with, if that is one certain byte.
  var head: UInt8?

  /// Nil if `PatternSyntax` finds a flaw in it.
  public init?(_ bytes: [UInt8]) {
    guard PatternSyntax.flaw(in: bytes) == nil else { return nil }
    self.bytes = bytes
    compile()
  }

  /// The first match at or behind `start`. From time to time asks whether to go on.
  public func find(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, goOn: () -> Bool
  ) -> Outcome {
    if isAnchored && start > 0 { return .none }
    return withoutActuallyEscaping(goOn) { goOn in
      items.withUnsafeBufferPointer { items in
        sets.withUnsafeBufferPointer { sets in
          var matcher = PatternMatcher(items: items, sets: sets, text: text, goOn: goOn)
          var at = start
          while at <= text.count {
            if let head {
              guard at < text.count, let base = text.baseAddress,
                let next = memchr(base + at, Int32(head), text.count - at)
              else { return .none }
              at = UnsafeRawPointer(next) - UnsafeRawPointer(base)
            }
            if let end = matcher.match(at) {
              return .found(Found(start: at, end: end, captures: matcher.captures))
            }
            if matcher.isStopped { return .stopped }
            if isAnchored { return .none }
            at += 1
          }
          return .none
        }
      }
    }
  }

  // MARK: Compilation, of what has no flaw

  private mutating func compile() {
    var at = 0
    if bytes.first == UInt8(ascii: "^") { (isAnchored, at) = (true, 1) }
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "("):
        let isPosition = at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: ")")
        items.append(Item(kind: isPosition ? .position : .open))
        at += isPosition ? 2 : 1
      case UInt8(ascii: ")"):
        items.append(Item(kind: .close))
        at += 1
      case UInt8(ascii: "$") where at + 1 == bytes.count:
        items.append(Item(kind: .end))
        at += 1
      case UInt8(ascii: "%"): at = compileEscape(at)
      default: at = compileSingle(at)
      }
    }
    if !isAnchored, let kind = items.first?.kind, kind == .one || kind == .plus {
      head = onlyMember(ofSet: items[0].number)
    }
  }

  private mutating func compileEscape(_ at: Int) -> Int {
    switch bytes[at + 1] {
    case UInt8(ascii: "b"):
      items.append(Item(kind: .balance, first: bytes[at + 2], second: bytes[at + 3]))
      return at + 4
    case UInt8(ascii: "f"):
      let (set, end) = set(at + 2)
      items.append(Item(kind: .frontier, number: add(set)))
      return end
    case let digit where (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(digit):
      items.append(Item(kind: .back, number: Int(digit) - 49))
      return at + 2
    default: return compileSingle(at)
    }
  }

  private mutating func compileSingle(_ at: Int) -> Int {
    var (set, end) = set(at)
    var kind = Item.Kind.one
    if end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "?"): kind = .optional
      case UInt8(ascii: "*"): kind = .star
      case UInt8(ascii: "+"): kind = .plus
      case UInt8(ascii: "-"): kind = .minus
      default: end -= 1
      }
      end += 1
    }
    items.append(Item(kind: kind, number: add(set)))
    return end
  }

  private mutating func add(_ set: ByteSet) -> Int {
    sets += [set.words.0, set.words.1, set.words.2, set.words.3]
    return sets.count / 4 - 1
  }

  private func onlyMember(ofSet number: Int) -> UInt8? {
    let words = sets[number * 4..<number * 4 + 4]
    guard words.reduce(0, { $0 + $1.nonzeroBitCount }) == 1 else { return nil }
    let index = words.firstIndex { $0 != 0 }!
    return UInt8((index - number * 4) * 64 + words[index].trailingZeroBitCount)
  }

  /// What one character of the pattern, or a set in brackets, stands for; and where it ends.
  private func set(_ at: Int) -> (ByteSet, end: Int) {
    switch bytes[at] {
    case UInt8(ascii: "."): return (ByteSet { _ in true }, at + 1)
    case UInt8(ascii: "%"): return (ByteSet(ofClass: bytes[at + 1]), at + 2)
    case UInt8(ascii: "["): return bracketSet(at)
    default: return (ByteSet { [byte = bytes[at]] in $0 == byte }, at + 1)
    }
  }

  private func bracketSet(_ at: Int) -> (ByteSet, end: Int) {
    var first = at + 1
    let isComplement = bytes[first] == UInt8(ascii: "^")
    if isComplement { first += 1 }
    var close = first
    repeat {
      close += bytes[close] == UInt8(ascii: "%") ? 2 : 1
    } while bytes[close] != UInt8(ascii: "]")
    var result = ByteSet { _ in false }
    var index = first
    while index < close {
      if bytes[index] == UInt8(ascii: "%") {
        result.formUnion(ByteSet(ofClass: bytes[index + 1]))
        index += 2
      } else if bytes[index + 1] == UInt8(ascii: "-"), index + 2 < close {
        let (low, high) = (bytes[index], bytes[index + 2])
        result.formUnion(ByteSet { $0 >= low && $0 <= high })
        index += 3
      } else {
        let byte = bytes[index]
        result.formUnion(ByteSet { $0 == byte })
        index += 1
      }
    }
    return (isComplement ? result.complement : result, close + 1)
  }
}

/// A set of bytes.
private struct ByteSet {
  var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init(_ isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) {
      let bit = UInt64(1) << UInt64(byte & 63)
      switch byte >> 6 {
      case 0: words.0 |= bit
      case 1: words.1 |= bit
      case 2: words.2 |= bit
      default: words.3 |= bit
      }
    }
  }

  /// `%a` and the like; `%A` is its complement; any other character stands for itself.
  init(ofClass name: UInt8) {
    let isMember: (Int32) -> Bool
    switch name | 0x20 {
    case UInt8(ascii: "a"): isMember = { isalpha($0) != 0 }
    case UInt8(ascii: "c"): isMember = { iscntrl($0) != 0 }
    case UInt8(ascii: "d"): isMember = { isdigit($0) != 0 }
    case UInt8(ascii: "g"): isMember = { isgraph($0) != 0 }
    case UInt8(ascii: "l"): isMember = { islower($0) != 0 }
    case UInt8(ascii: "p"): isMember = { ispunct($0) != 0 }
    case UInt8(ascii: "s"): isMember = { isspace($0) != 0 }
    case UInt8(ascii: "u"): isMember = { isupper($0) != 0 }
    case UInt8(ascii: "w"): isMember = { isalnum($0) != 0 }
    case UInt8(ascii: "x"): isMember = { isxdigit($0) != 0 }
    default:
      self.init { $0 == name }
      return
    }
    let isComplement = name & 0x20 == 0
    self.init { isMember(Int32($0)) != isComplement }
  }

  mutating func formUnion(_ other: ByteSet) {
    words.0 |= other.words.0
    words.1 |= other.words.1
    words.2 |= other.words.2
    words.3 |= other.words.3
  }

  var complement: ByteSet {
    var result = self
    result.words = (~words.0, ~words.1, ~words.2, ~words.3)
    return result
  }
}
