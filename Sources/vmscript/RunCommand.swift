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

  @Option(help: "What a failure opens, if there is a terminal: repl, a prompt where it happened.")
  var onFailure: FailureAction?

  @OptionGroup var machines: MachineOptions

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
    if let suite, FileOrder(argument: suite) == nil {
      throw ValidationError("--suite is for vmscript test alone")
    }
    if keep, timeout == nil, !Terminal.hasPerson {
      throw ValidationError(
        "--keep stays until Ctrl-C, and there is no terminal here to press it: give --timeout too")
    }
  }

  func run() throws {
    var options = Self.options(file: file, arguments: arguments)
    options.timeout = timeout
    machines.set(&options)
    options.keeps = keep
    options.order = suite.flatMap { FileOrder(argument: $0) }
    if onFailure == .repl { options.prompt = LineEditor.console() }
    Self.execute(options)
  }

  static func options(file: String, arguments: [String]) -> RunOptions {
    var options = RunOptions(script: file == "-" ? nil : file, say: Terminal.say)
    options.arguments = arguments
    options.offer = Terminal.offer
    options.show = { Terminal.say($0.text(Terminal.layout)) }
    // As the person called it; found by PATH if it has no slash.
    options.program = CommandLine.arguments.first ?? options.program
    return options
  }

  static func execute(_ options: RunOptions) -> Never {
    let result = Run(options).execute()
    // A suite has been told.
    if options.order != nil { Glibc.exit(result.status) }
    finish(result)
  }

  static func finish(_ result: RunResult) -> Never {
    if let report = result.report, !result.isShown { Terminal.tell(report) }
    if let reason = result.skipped { Terminal.say("vmscript: \(reason)") }
    Glibc.exit(result.status)
  }
}

enum FailureAction: String, ExpressibleByArgument { case repl }
