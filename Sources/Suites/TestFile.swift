import Glibc
import Processes

/// A file of tests.
public struct TestFile: Sendable, Hashable {
  /// As it was named, or found below what was named.
  public var path: String

  /// How the names of files begin or end that are looked for in directories.
  public static let rule = "files named *_test.lua or test_*.lua"

  /// The files that `paths` name, each once, in the order of their paths: a file whatever its name, and
  /// of a directory those of the rule in it and below it, but for hidden directories and links to
  /// others. Fails with the message for a person.
  public static func find(_ paths: [String]) throws(SuiteError) -> [TestFile] {
    var found: Set<String> = []
    for path in paths {
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw SuiteError("\(path): \(String(cString: strerror(errno)))")
      }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        found.insert(clean(path))
        continue
      }
      guard access(path, R_OK | X_OK) == 0 else {
        throw SuiteError("\(path): \(String(cString: strerror(errno)))")
      }
      let files = search(path == "/" ? "" : clean(path))
      if files.isEmpty {
        throw SuiteError(
          "there are no tests in \(path): \(rule) are; another file can be named itself")
      }
      found.formUnion(files)
    }
    return found.sorted().map { TestFile(path: $0) }
  }

  /// Every `count`th of the files, beginning with the `number`th from 1.
  public static func shard(_ files: [TestFile], _ number: Int, of count: Int) -> [TestFile] {
    files.enumerated().filter { $0.offset % count == number - 1 }.map(\.element)
  }

  /// Whether a run of it may have a test that is wanted.
  func mayHave(_ selection: Selection) -> Bool {
    if selection.isEverything { return true }
    let isWanted = selection.includes(file: path, name: nil, tags: [])
    guard let source = read() else { return true }
    switch SourceScan.tests(in: source) {
    case .none: return isWanted
    case .known(let tests):
      return tests.contains { selection.includes(file: path, name: $0.name, tags: $0.tags) }
    case .dynamic: return true
    }
  }

  private func read() -> [UInt8]? {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return nil }
    var bytes: [UInt8] = []
    while bytes.count < 1 << 22, let more = (try? file.read(upTo: 1 << 16)) ?? nil {
      if more.isEmpty { return bytes }
      bytes += more
    }
    return nil
  }

  private static func search(_ directory: String) -> [String] {
    var found: [String] = []
    for name in Folder.names(in: directory.isEmpty ? "/" : directory)
    where !name.hasPrefix(".") {
      let path = directory == "." ? name : directory + "/" + name
      var (status, target) = (stat(), stat())
      guard lstat(path, &status) == 0, stat(path, &target) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        found += search(path)
      } else if target.st_mode & S_IFMT == S_IFREG, name.hasSuffix(".lua"),
        name.hasPrefix("test_") || name.hasSuffix("_test.lua")
      {
        found.append(path)
      }
    }
    return found
  }

  /// The same file has the same name, whether it is called `a.lua`, `./a.lua` or `.//a.lua`.
  private static func clean(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let text = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    return text.isEmpty ? "." : text
  }
}

/// Why a suite cannot begin; for a person.
public struct SuiteError: Error, Sendable {
  public var message: String
  public init(_ message: String) { self.message = message }
}
