import Scripting

/// "package.Service/Method", as scripts and servers write it; `package.Service.Method` is taken too.
public struct MethodName: Sendable, Hashable {
  public var service: String
  public var method: String

  public init(_ text: String) throws(ScriptError) {
    let name = text.drop { $0 == "/" }
    let separator = name.lastIndex(of: "/") ?? name.lastIndex(of: ".")
    guard let separator, separator > name.startIndex,
      name.index(after: separator) < name.endIndex
    else {
      throw .usage("a method is named as in \"etcdserverpb.KV/Put\", got '\(text)'")
    }
    service = String(name[..<separator])
    method = String(name[name.index(after: separator)...])
  }
}
