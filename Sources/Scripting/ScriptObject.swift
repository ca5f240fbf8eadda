/// A Swift object that scripts can hold. Its methods are registered once for its type.
public protocol ScriptObject: AnyObject {
  /// What error messages call it, for example "machine".
  static var typeName: String { get }
  static var methods: [String: NativeFunction] { get }
  /// The names of its fields that are no methods, for who completes what a person types.
  static var fieldNames: [String] { get }
  /// More metamethods, such as `__pairs`.
  static var metamethods: [String: NativeFunction] { get }
  /// A field that is not a method; nil if there is none of that name.
  func field(_ key: Value) -> Value?
  /// What `tostring` shows.
  var shown: String { get }
  /// What the end of a `<close>` variable does; may wait.
  func close(_ call: Call) throws(ScriptError) -> Int
}

extension ScriptObject {
  public static var methods: [String: NativeFunction] { [:] }
  public static var fieldNames: [String] { [] }
  public static var metamethods: [String: NativeFunction] { [:] }
  public func field(_ key: Value) -> Value? { nil }
  public var shown: String { Self.typeName }
  public func close(_ call: Call) throws(ScriptError) -> Int { 0 }
}

/// A function that scripts can call: takes its arguments from the call, pushes its results there
/// and returns their number.
public typealias NativeFunction = (Call) throws(ScriptError) -> Int
