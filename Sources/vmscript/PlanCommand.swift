import ArgumentParser
import Choreography
import Glibc

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a script would start, without starting it.",
    discussion: """
      Runs the script to its first waits and shows its machines with their complete commands, its \
      cables, networks, ports and other resources, and what the host would need. What the script does \
      by itself, such as os.execute, is done; its output goes to standard error.

      Exit status: 0 the script came to its first wait or ended, else as of vmscript run.

      Examples:
        vmscript plan netsplit.lua
        vmscript plan --json netsplit.lua | jq -r '.machines[].command | @sh'
        vmscript plan --dot netsplit.lua | dot -Tsvg >netsplit.svg
      """)

  @Flag(help: "Print it as JSON.")
  var json = false

  @Flag(help: "Print machines and what connects them as a graph for graphviz.")
  var dot = false

  @Option(help: "Seconds after which the script is ended (exit status 124).")
  var timeout: Double?

  @Option(help: "The number from which everything random in the run follows.")
  var seed: UInt64?

  @Option(help: "auto, kvm or tcg: what machines run on unless the script says.")
  var accel = AcceleratorChoice.auto

  @Option(help: "A kernel for the default guest, in the place of the distribution's.")
  var kernel: String?

  @Option(help: "How much memory machines may have together, as 8G; default: what the host has.")
  var memory: String?

  @Argument(help: "The script, or - for standard input.", completion: .file(extensions: ["lua"]))
  var file: String

  @Argument(parsing: .captureForPassthrough, help: "Arguments for the script, in its `arg`.")
  var arguments: [String] = []

  func validate() throws {
    if json && dot { throw ValidationError("--json and --dot are two ways: give one") }
    if let timeout, !(timeout > 0) { throw ValidationError("--timeout wants seconds above 0") }
    if let memory, RunOptions.bytes(memory) == nil {
      throw ValidationError("--memory wants a size with a unit, such as 512M or 8G")
    }
  }

  func run() throws {
    var options = RunCommand.options(file: file, arguments: arguments)
    options.timeout = timeout
    options.seed = seed
    options.accelerator = accel
    options.kernel = kernel
    options.memory = memory.flatMap { RunOptions.bytes($0) }
    // Standard output is the plan's: what the script prints must not get into the JSON.
    fflush(nil)
    let output = fcntl(1, F_DUPFD_CLOEXEC, 3)
    dup2(2, 1)
    let (isJSON, isGraph) = (json, dot)
    options.plan = { plan in
      fflush(nil)
      Terminal.write((isJSON ? plan.json : isGraph ? plan.graph : plan.text) + "\n", to: output)
    }
    RunCommand.execute(options)
  }
}
