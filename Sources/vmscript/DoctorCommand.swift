import ArgumentParser
import Diagnosis
import Glibc

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what of this host is fit, and what mends the rest.",
    discussion: """
      Each line is ok, warn (some scripts cannot run, or run slower) or missing (the default guest \
      cannot be booted), with the command that mends it.

      Exit status: 0 scripts can boot the default guest, 3 they cannot.
      """)

  @Flag(help: "Print it as JSON.")
  var json = false

  func run() throws {
    let diagnosis = Diagnosis.make()
    Terminal.write((json ? diagnosis.json : diagnosis.text) + "\n", to: 1)
    Glibc.exit(diagnosis.isFit ? 0 : 3)
  }
}
