import CProcess
import Glibc

/// Finds programs as a shell would.
enum Program {
  /// The path of an executable file; nil if there is none. A name with a slash is a path already;
  /// others are looked up in PATH.
  static func find(_ name: String) -> String? {
    if name.isEmpty { return nil }
    if name.contains("/") { return isExecutable(name) ? absolute(name) : nil }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
      let candidate = (folder.isEmpty ? "." : folder) + "/" + name
      if isExecutable(candidate) { return absolute(candidate) }
    }
    return nil
  }

  /// Independent of the working directory, which may be another in the child.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }

  /// This process's environment with `changes`, as execve(2) wants it.
  static func environment(changes: [String: String?]) -> [String] {
    var result: [String] = []
    var next = process_environment()
    while let entry = next?.pointee {
      let text = String(cString: entry)
      if changes[String(text.prefix { $0 != "=" })] == nil { result.append(text) }
      next = next?.advanced(by: 1)
    }
    for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
      if let value { result.append("\(name)=\(value)") }
    }
    return result
  }
}
