import Scripting

extension MessageEncoder {
  /// The field that is being written, as errors name it.
  struct Place {
    var type: MessageType
    var field: MessageField
    /// In place of the field's own name: an element of a map.
    var name: String?

    func wants(_ wanted: String, _ value: Value) -> ScriptError {
      .usage("field \(type.name).\(name ?? field.name) wants \(wanted), got \(value.shown)")
    }
  }
}
