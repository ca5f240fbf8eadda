/// One argument of a command, in which a descriptor stands by name until the child is launched:
/// `"socket,id=qmp,fd=\(descriptor: "qmp")"` is shown as `socket,id=qmp,fd=<qmp>`.
public struct Argument: Sendable, Hashable, ExpressibleByStringInterpolation,
  CustomStringConvertible
{
  public enum Piece: Sendable, Hashable {
    case text(String)
    case descriptor(String)
  }
  public var pieces: [Piece]

  public init(pieces: [Piece]) { self.pieces = pieces }
  public init(_ text: String) { pieces = [.text(text)] }
  public init(stringLiteral value: String) { self.init(value) }
  public init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  public var description: String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .descriptor(let name): "<\(name)>"
      }
    }.joined()
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []
    public init(literalCapacity: Int, interpolationCount: Int) {}
    public mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { pieces.append(.text(literal)) }
    }
    public mutating func appendInterpolation(descriptor name: String) {
      pieces.append(.descriptor(name))
    }
    public mutating func appendInterpolation(_ text: String) { pieces.append(.text(text)) }
    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      pieces.append(.text(String(number)))
    }
    public mutating func appendInterpolation(_ argument: Argument) {
      pieces += argument.pieces
    }
  }
}
