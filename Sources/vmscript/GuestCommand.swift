import ArgumentParser
import Choreography
import Glibc

struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Prepare the default guest ahead of its first use.",
    discussion: """
      Machines without a kernel or a disk boot vmscript's own guest. It is made once, on first use \
      or by this command, into the user's cache, and needs no network afterwards. So are those that \
      scripts make of it by guest {}.
      """)

  @Option(help: "A kernel of your own, in the place of the distribution's.")
  var kernel: String?

  @Option(
    parsing: .upToNextOption,
    help: "The guest of a script's guest { packages = { … } }, with the same packages.")
  var packages: [String] = []

  @Option(parsing: .upToNextOption, help: "The same for its modules.")
  var modules: [String] = []

  func run() throws {
    let preparation = GuestPreparation(kernel: kernel, packages: packages, modules: modules) {
      Terminal.say("vmscript: \($0)")
    }
    switch preparation {
    case .done(let lines):
      for line in lines { print(line) }
    case .failed(let message, let status):
      Terminal.say("vmscript: \(message)")
      Glibc.exit(status)
    }
  }
}
