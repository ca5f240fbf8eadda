import ArgumentParser
import Choreography
import Glibc

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Enter the console of a machine that run --keep has kept.",
    discussion: """
      The machine's serial console comes into this terminal, and Ctrl-] leaves it; the machine goes on. \
      RUN is the number that the run showed; it can be left out where the machine's name says enough, \
      and so can the name where one machine is kept. The default guest has a shell on its console.

      Examples:
        vmscript attach
        vmscript attach db1
        vmscript attach 12345 db1
      """)

  @Flag(help: "Show the runs and machines that are kept, and enter none.")
  var list = false

  @Argument(help: "[RUN] MACHINE")
  var target: [String] = []

  func validate() throws {
    if target.count > 2 { throw ValidationError("attach wants a run and a machine at most") }
    if list, !target.isEmpty { throw ValidationError("attach --list wants nothing more") }
  }

  func run() throws {
    if list {
      for run in Attachment.runs() {
        for machine in run.machines { print("\(run.id) \(machine)") }
      }
      return
    }
    do throws(Attachment.Failure) {
      let (run, machine) = try Attachment.find(
        run: target.count == 2 ? target[0] : nil, machine: target.last)
      Glibc.exit(try Attachment.enter(run, machine, offer: Terminal.offer))
    } catch {
      Terminal.say("vmscript: \(error.message)")
      Glibc.exit(1)
    }
  }
}
