import ArgumentParser
import Glibc
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Make the page that shows a run's record.",
    discussion: """
      Writes report.html into the record's directory and prints its path, and makes trace.json, for \
      ui.perfetto.dev, if the run has left none. The page is one file that needs no network and can \
      be sent to others. A run that fails has made it already.

      Examples:
        vmscript report
        vmscript report ~/.local/state/vmscript/runs/20260131T235959Z-netsplit-4711
        vmscript report artefacts/netsplit -o netsplit.html
      """)

  @Option(name: .shortAndLong, help: "Where to write the page, in the place of the record.")
  var output: String?

  @Argument(help: "A run's directory; default: the newest.", completion: .directory)
  var directory: String?

  func run() throws {
    do throws(ReportError) {
      let record = if let directory { directory } else { try RunReport.newest() }
      let report = RunReport(record: record)
      if output == nil { report.writeTrace() }
      print(try report.write(to: output))
    } catch {
      Terminal.say("vmscript: \(error.message)")
      Glibc.exit(error.kind == .noRecord ? 2 : 1)
    }
  }
}
