import ArgumentParser
import Choreography

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of vmscript.")

  func run() throws { print("vmscript \(RunOptions.version)") }
}
