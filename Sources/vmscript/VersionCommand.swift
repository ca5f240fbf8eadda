import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of vmscript.")

  func run() throws { print("vmscript 0.1.0") }
}
