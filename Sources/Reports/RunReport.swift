import Glibc
import Processes
import Record

/// The page `report.html` of a run's record: one file, of less than 5 MB, that needs nothing else.
public struct RunReport {
  public static let fileName = "report.html"
  let record: String

  /// `record` is the record's directory.
  public init(record: String) {
    self.record = record.count > 1 && record.hasSuffix("/") ? String(record.dropLast()) : record
  }

  /// The directory of the latest run that left a record.
  public static func newest() throws(ReportError) -> String {
    guard let parent = RunRecord.usualParent else {
      throw ReportError(
        .noRecord, "there is no home directory and no XDG_STATE_HOME: name a record")
    }
    // A name begins with its time.
    let names = Folder.names(in: parent).filter { $0.first?.isNumber == true }
    for name in names.reversed() where access("\(parent)/\(name)/timeline.jsonl", F_OK) == 0 {
      return "\(parent)/\(name)"
    }
    throw ReportError(
      .noRecord,
      "there is no record in \(parent) yet: a script that makes a machine or a process leaves one")
  }

  /// Makes the record's `trace.json` if there is none yet: a long run does not at its end. Whether
  /// that succeeds is no matter of the page's, which links to it.
  public func writeTrace() {
    if access("\(record)/trace.json", F_OK) != 0 { _ = try? Trace.write(record) }
  }

  /// Writes the page, over one that is there, and gives its path: by default it is in the record.
  public func write(to output: String? = nil) throws(ReportError) -> String {
    let path = output ?? "\(record)/\(Self.fileName)"
    let page = try PageText.assemble(RecordPage(record).data())
    // Under another name until it is whole. A device or a pipe is written as it is.
    var status = stat()
    let isPlain = stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    let name = isPlain ? "\(path).\(getpid())" : path
    do throws(ProcessError) {
      let file = try Descriptor.open(name, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
      try file.writeAll(page)
    } catch {
      if isPlain { unlink(name) }
      throw ReportError(
        .failed,
        "the report cannot be written: \(error.message); -o can name another place")
    }
    guard isPlain else { return path }
    guard rename(name, path) == 0 else {
      let code = errno
      unlink(name)
      throw .system("cannot write \(path)", code)
    }
    return path
  }
}
