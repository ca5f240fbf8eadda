/// A socket that the script's thread itself reads and writes whenever it waits: what comes need not
/// be handed on by another thread, which costs a call that is short half of its time.
public protocol ScriptSource: AnyObject {
  /// Its number; negative while there is none.
  var descriptor: Int32 { get }
  /// Whether to wake for room to write too.
  var wantsRoom: Bool { get }
  /// Reads and writes what can be without waiting.
  func serve()
}
