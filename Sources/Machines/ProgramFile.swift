import Glibc
import Processes

/// The file of a program that a script names.
enum ProgramFile {
  /// Its path. Errors of kinds missing and usage say what is in the way.
  static func find(_ program: String, for process: String) throws(MachineError) -> String {
    if let path = Launcher.find(program) { return path }
    let what = "process '\(process)':"
    if program.contains("/") {
      if let flaw = flaw(program) { throw MachineError(.usage, "\(what) '\(program)' \(flaw)") }
      throw MachineError(.missing, "\(what) there is no program '\(program)'")
    }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let near = path.split(separator: ":").map { "\($0)/\(program)" }.first { flaw($0) != nil }
    let hint = near.map { "; \($0) \(flaw($0) ?? "")" } ?? ""
    throw MachineError(
      .missing, "\(what) there is no program '\(program)' in PATH (\(path))\(hint)")
  }

  /// Why a file that is there cannot be run; nil if none is there.
  private static func flaw(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      return errno == EACCES ? "cannot be reached: \(String(cString: strerror(EACCES)))" : nil
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return "is a directory"
    case S_IFREG: return "may not be executed (chmod +x)"
    default: return "is no regular file"
    }
  }
}
