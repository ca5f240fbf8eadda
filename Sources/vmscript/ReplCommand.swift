import ArgumentParser
import Choreography
import Glibc

struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Evaluate lines as they are typed.",
    discussion: """
      Everything that a script can say works, line by line: expressions show their values, waits \
      wait, tasks go on while you type. Globals stay, the locals of a line do not. Ctrl-C ends what \
      is being evaluated, Ctrl-D the whole, and all machines with it.

      Examples:
        vmscript repl
        echo 'print(now())' | vmscript repl
      """)

  @OptionGroup var machines: MachineOptions

  func run() throws {
    var options = RunOptions(script: nil, say: Terminal.say)
    machines.set(&options)
    options.offer = Terminal.offer
    options.prompt = LineEditor.console()
    RunCommand.finish(
      Run(options).converse(
        "vmscript \(RunOptions.version), Lua 5.4. Globals stay, the locals of a line do not."
          + "\nTab completes, Ctrl-C ends what runs, Ctrl-D leaves and ends all machines."))
  }
}
