import Events
import Glibc
import Processes

/// A file or a folder of the host's on its way into the guest.
public final class TreeUpload: Transfer {
  /// Something to bring: a folder comes before what is in it.
  public struct Item: Sendable {
    public enum Kind: Sendable {
      case file, folder
      case link(target: [UInt8])
    }
    /// Relative to what is brought, empty for that itself.
    public var path: [UInt8]
    public var kind: Kind
    /// The permission bits.
    public var mode: UInt32

    public init(path: [UInt8], kind: Kind, mode: UInt32) {
      self.path = path
      self.kind = kind
      self.mode = mode
    }
  }

  /// Begins to bring `items`, the first of which is `from` itself, to `to`: into that folder if it is
  /// there, else under that name. Folders on the way are made.
  public init(_ client: AgentClient, _ items: [Item], from: [UInt8], to: [UInt8]) {
    super.init(client: client)
    start { () async throws(AgentError) in try await self.run(items, from: from, to: to) }
  }

  private func run(_ items: [Item], from: [UInt8], to: [UInt8]) async throws(AgentError) {
    var isFolder = false
    do throws(AgentError) {
      isFolder = try await answer(client.stat(to)) & S_IFMT == S_IFDIR
    } catch {
      guard error.kind == .refused, error.code == ENOENT else { throw error }
    }
    let root = Self.target(to.trimmedSlashes, isFolder: isFolder, from: from)
    // The agent takes requests in their order, so that nothing has to wait for its folder.
    for item in items {
      let path = item.path.isEmpty ? root : root.appending(item.path)
      switch item.kind {
      case .folder: try await later(client.makeFolder(path, mode: item.mode))
      case .link(let target): try await later(client.makeLink(path, to: target))
      case .file:
        let source = item.path.isEmpty ? from : from.appending(item.path)
        let file = try Self.open(source)
        let request = client.put(.file(file, named: source.shownPath), to: path, mode: item.mode)
        try await later(request.answer, cancel: { request.cancel() })
      }
    }
    try await settle()
  }

  private static func open(_ path: [UInt8]) throws(AgentError) -> DescriptorBox {
    // Not blocking: a named pipe may have taken the file's place.
    let number = Glibc.open(
      path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard number >= 0 else { throw .host("read", path.shownPath, errno) }
    return DescriptorBox(Descriptor(owning: number))
  }
}
