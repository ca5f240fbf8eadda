/// What differs between proto2, proto3 and the editions that came after them.
struct SchemaFeatures {
  var hasPresence = true
  var isRequired = false
  var isPacked = false
  var validatesUTF8 = false
  var isDelimited = false

  /// Of a file, by its syntax. A file without one is proto2.
  init(syntax: String) {
    if syntax == "proto3" || syntax == "editions" {
      hasPresence = syntax == "editions"
      isPacked = true
      validatesUTF8 = true
    }
  }

  /// With what a `FeatureSet` says; what it leaves out stays as it is.
  func applying(_ set: RawMessage) -> SchemaFeatures {
    var result = self
    if let presence = set.number(1) {
      result.hasPresence = presence != 2
      result.isRequired = presence == 3
    }
    if let encoding = set.number(3) { result.isPacked = encoding == 1 }
    if let validation = set.number(4) { result.validatesUTF8 = validation == 2 }
    if let encoding = set.number(5) { result.isDelimited = encoding == 2 }
    return result
  }
}
