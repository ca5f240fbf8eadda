import Events
import Glibc

/// A file or a folder of the guest's on its way to the host. The guest is not trusted: nothing that it
/// names is written outside of the folder that the script has named, and links in that are not followed.
public final class TreeDownload: Transfer {
  /// Files, folders and links of one download: a guest's folders may have no end.
  private static let entryLimit = 1_000_000
  private static let pathLimit = 4096

  private struct Folder {
    var path: [UInt8]
    var mode: UInt32
    var entries: [GuestEntry]
    /// Its place among the folders, and its name in it; nil for the first.
    var parent: Int?
    var name: [UInt8]
  }

  /// Begins to fetch `from` to `to`: into that folder if it is there, else under that name.
  public init(_ client: AgentClient, from: [UInt8], to: [UInt8]) {
    super.init(client: client)
    start { () async throws(AgentError) in try await self.run(from: from, to: to) }
  }

  private func run(from: [UInt8], to: [UInt8]) async throws(AgentError) {
    let mode = try await answer(client.stat(from))
    let isFolder = Self.hostMode(to).map { $0 & S_IFMT == S_IFDIR } ?? false
    let target = Self.target(to.trimmedSlashes, isFolder: isFolder, from: from)
    switch GuestEntry.kind(mode) {
    case .folder: try await fetch(folder: from, mode: mode, to: target)
    case .file: try await fetch(file: from, to: target)
    case .special, .link:
      throw AgentError(
        .refused, "'\(from.shownPath)' in the guest is not a regular file or a folder", code: EINVAL
      )
    }
  }

  // MARK: One file

  private func fetch(file: [UInt8], to path: [UInt8]) async throws(AgentError) {
    let path = try Self.place(path)
    let cut = path.lastIndex(of: 0x2f)
    let folder = cut.map { $0 == 0 ? [0x2f] : Array(path[..<$0]) } ?? [0x2e]
    let sink = try HostSink(
      cut.map { Array(path[($0 + 1)...]) } ?? path, in: try HostFolder(path: folder))
    let request = client.get(file, into: sink)
    let got = try await answer(request.answer, cancel: { request.cancel() })
    try sink.commit(mode: got.mode)
  }

  /// What a link of the script's own leads to. What is no regular file is not replaced by one: that could
  /// be a device.
  private static func place(_ path: [UInt8]) throws(AgentError) -> [UInt8] {
    guard let mode = hostMode(path) else { return path }
    guard mode & S_IFMT == S_IFREG,
      let real = realpath(path.map { CChar(bitPattern: $0) } + [0], nil)
    else {
      throw AgentError(
        .host, "'\(path.shownPath)' is there and is no regular file: give another path")
    }
    defer { free(real) }
    return Array(UnsafeRawBufferPointer(start: real, count: strlen(real)))
  }

  private static func hostMode(_ path: [UInt8]) -> UInt32? {
    var status = stat()
    let text = path.map { CChar(bitPattern: $0) } + [0]
    return fstatat(AT_FDCWD, text, &status, 0) == 0 ? status.st_mode : nil
  }

  // MARK: A folder

  private func fetch(folder from: [UInt8], mode: UInt32, to path: [UInt8]) async throws(AgentError)
  {
    let folders = try await list(from, mode)
    // Its owner has to write into a new one until all is there.
    let isNew = mkdir(path.map { CChar(bitPattern: $0) } + [0], 0o700) == 0
    if !isNew && errno != EEXIST { throw .host("make the folder", path.shownPath, errno) }
    let root = try HostFolder(path: path, isNew: isNew)
    var made: Set<Int> = []
    for index in folders.indices {
      let folder = folders[index]
      let target = try open(folders, index, in: root)
      if target.isNew { made.insert(index) }
      for entry in folder.entries {
        switch entry.kind {
        case .file:
          let sink = try HostSink(entry.name, in: target)
          let request = client.get(folder.path.appending(entry.name), into: sink)
          let finish: (GuestFile) throws(AgentError) -> Void = { file throws(AgentError) in
            try sink.commit(mode: file.mode)
          }
          try await later(request.answer, cancel: { request.cancel() }, then: finish)
        case .link: try target.makeLink(entry.name, to: entry.target)
        case .folder, .special: break
        }
      }
    }
    try await settle()
    // When all is in them, since some may not be written to; the innermost first. Those that were there
    // stay as they were.
    for index in made.sorted().reversed() {
      try open(folders, index, in: root).setMode(folders[index].mode)
    }
  }

  /// All folders, the outer ones first; looked at before anything is written.
  private func list(_ from: [UInt8], _ mode: UInt32) async throws(AgentError) -> [Folder] {
    var folders = [Folder(path: from, mode: mode, entries: [], parent: nil, name: [])]
    var left = Self.entryLimit
    var index = 0
    while index < folders.count {
      let folder = folders[index]
      let request = client.list(folder.path, limit: left)
      let entries = try await answer(request.answer, cancel: { request.cancel() })
        .sorted { $0.name.lexicographicallyPrecedes($1.name) }
      left -= entries.count
      folders[index].entries = entries
      for entry in entries {
        let path = folder.path.appending(entry.name)
        switch entry.kind {
        case .special(let what):
          throw AgentError(
            .refused, "'\(path.shownPath)' in the guest is \(what), which cannot be fetched",
            code: EINVAL)
        case .folder:
          guard path.count < Self.pathLimit else {
            throw AgentError(
              .refused, "the guest's folders are too deep: '\(path.shownPath.prefix(100))…'",
              code: ENAMETOOLONG)
          }
          folders.append(
            Folder(path: path, mode: entry.mode, entries: [], parent: index, name: entry.name))
        case .file, .link: break
        }
      }
      index += 1
    }
    return folders
  }

  private func open(
    _ folders: [Folder], _ index: Int, in root: HostFolder
  ) throws(AgentError) -> HostFolder {
    guard let parent = folders[index].parent else { return root }
    return try HostFolder(folders[index].name, in: try open(folders, parent, in: root))
  }
}
