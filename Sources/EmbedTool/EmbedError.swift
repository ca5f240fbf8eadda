/// Why the build must stop; `message` has the form `file:line: error: …` that compilers use.
struct EmbedError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}
