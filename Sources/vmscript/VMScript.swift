import ArgumentParser
import Choreography

struct VMScript: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vmscript",
    abstract: "Boot machines, wire them together, break things and check what happens.",
    discussion: """
      A script is Lua 5.4. `vmscript run scripts/netsplit.lua` is a good first one.
      """,
    subcommands: [
      RunCommand.self, TestCommand.self, PlanCommand.self, CheckCommand.self, NewCommand.self,
      ReportCommand.self, ReplCommand.self, AttachCommand.self, DoctorCommand.self,
      GuestCommand.self, VersionCommand.self,
    ])
}
