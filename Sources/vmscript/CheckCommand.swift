import ArgumentParser
import Choreography
import Glibc

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look for mistakes in scripts without running them.",
    discussion: """
      Finds what does not parse, globals that nobody makes, and fields, methods and options that do \
      not exist or cannot have the value that is written there. What it cannot follow it lets pass. \
      A line with ---@diagnostic disable-line is not looked at.

      Exit status: 0 nothing found, 1 mistakes, 2 a file that does not parse or cannot be read.
      """)

  @Argument(help: "Scripts and their modules.", completion: .file(extensions: ["lua"]))
  var files: [String]

  func run() throws {
    let check = ScriptCheck(paths: files)
    for complaint in check.complaints { print(complaint) }
    Glibc.exit(check.status)
  }
}
