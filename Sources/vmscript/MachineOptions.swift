import ArgumentParser
import Choreography

/// What every command that runs machines can be told of them.
struct MachineOptions: ParsableArguments {
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

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs wants a number from 1 on") }
    if let memory, RunOptions.bytes(memory) == nil {
      throw ValidationError("--memory wants a size with a unit, such as 512M or 8G")
    }
    guard timeoutScale > 0, timeoutScale.isFinite else {
      throw ValidationError("--timeout-scale wants a number above 0")
    }
  }

  func set(_ options: inout RunOptions) {
    options.timeoutScale = timeoutScale
    options.seed = seed
    options.accelerator = accel
    options.kernel = kernel
    options.jobs = jobs
    options.memory = memory.flatMap { RunOptions.bytes($0) }
  }
}

extension AcceleratorChoice: ExpressibleByArgument {}
