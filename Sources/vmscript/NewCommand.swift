import ArgumentParser
import Choreography
import Glibc

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Begin a project: a first script, a test, types for the editor, CI.",
    discussion: """
      Makes a folder NAME, whose script and test pass as they are. With --types only the types are \
      written again, into a project that is there, as after an update of vmscript.
      """)

  @Flag(help: "Renew the types of a project in NAME, and nothing else.")
  var types = false

  @Argument(help: "The folder to make.", completion: .directory)
  var name: String

  func run() throws {
    switch ProjectTemplate(folder: name).write(typesOnly: types) {
    case .success(let lines): for line in lines { print(line) }
    case .failure(let error):
      Terminal.say("vmscript: \(error.message)")
      Glibc.exit(1)
    }
  }
}
