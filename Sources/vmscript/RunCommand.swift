import ArgumentParser
import Choreography
import Glibc
import Suites

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script.",
    discussion: """
      Exit status: 0 done, 1 the script failed, 2 bad usage or a script that does not parse, 3 \
      something the host lacks, 124 out of time, 130 interrupted. The script's output goes to \
      standard output; everything else to standard error.

      Examples:
        vmscript run netsplit.lua
        vmscript run --timeout 600 --seed 7 cluster.lua --nodes 5
        echo 'print(now())' | vmscript run -
      """)

  @Option(help: "Seconds after which the whole run is ended (exit status 124).")
  var timeout: Double?

  @Option(help: "Multiply all default time-outs by this.")
  var timeoutScale = 1.0

  @Option(help: "The number from which everything random in the run follows.")
  var seed: UInt64?

  @Option(help: "auto, kvm or tcg: what machines run on unless the script says.")
  var accel = AcceleratorChoice.auto

  @Option(help: "A kernel for the default guest, in the place of the distribution's.")
  var kernel: String?

  @Option(help: "How many machines may run at a time; others wait for their turn.")
  var jobs: Int?

  @Option(help: "How much memory machines may have together, as 8G; default: what the host has.")
  var memory: String?

  @Option(help: .hidden) var suite: String?
  @Flag(
    help: """
      Keep the machines that live when the script is over, failed or not, and stay until Ctrl-C: \
      vmscript attach enters them. Where nobody could press Ctrl-C it wants --timeout too.
      """)
  var keep = false

  @Argument(help: "The script, or - for standard input.", completion: .file(extensions: ["lua"]))
  var file: String

  @Argument(parsing: .captureForPassthrough, help: "Arguments for the script, in its `arg`.")
  var arguments: [String] = []

  func validate() throws {
    if let timeout, !(timeout > 0) { throw ValidationError("--timeout wants seconds above 0") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs wants a number from 1 on") }
    if let memory, RunOptions.bytes(memory) == nil {
      throw ValidationError("--memory wants a size with a unit, such as 512M or 8G")
    }
    if let suite, FileOrder(argument: suite) == nil {
      throw ValidationError("--suite is for vmscript test alone")
    }
    if keep, timeout == nil, !Terminal.hasPerson {
      throw ValidationError(
        "--keep stays until Ctrl-C, and there is no terminal here to press it: give --timeout too")
    }
    guard timeoutScale > 0, timeoutScale.isFinite else {
      throw ValidationError("--timeout-scale wants a number above 0")
    }
  }

  func run() throws {
    var options = Self.options(file: file, arguments: arguments)
    options.timeout = timeout
    options.timeoutScale = timeoutScale
    options.seed = seed
    options.accelerator = accel
    options.kernel = kernel
    options.jobs = jobs
    options.order = suite.flatMap { FileOrder(argument: $0) }
    options.keeps = keep
    options.memory = memory.flatMap { RunOptions.bytes($0) }
    Self.execute(options)
  }

  static func options(file: String, arguments: [String]) -> RunOptions {
    var options = RunOptions(script: file == "-" ? nil : file, say: Terminal.say)
    options.arguments = arguments
    options.offer = Terminal.offer
    // As the person called it; found by PATH if it has no slash.
    options.show = { Terminal.say($0.text(Terminal.layout)) }
    options.program = CommandLine.arguments.first ?? options.program
    return options
  }

  static func execute(_ options: RunOptions) -> Never {
    let result = Run(options).execute()
    // A suite has been told.
    if options.order == nil {
      if let report = result.report, !result.isShown { Terminal.say(report.text(Terminal.layout)) }
      if let reason = result.skipped { Terminal.say("vmscript: \(reason)") }
    }
    Glibc.exit(result.status)
  }
}

extension AcceleratorChoice: ExpressibleByArgument {}
