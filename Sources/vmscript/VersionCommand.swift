import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of vmscript.")

  static let number = "0.1.0"

  func run() throws { print("vmscript \(Self.number)") }
}
