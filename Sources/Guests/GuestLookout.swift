import Glibc
import Processes

/// How it stands with the default guest on this host, found without making it.
public struct GuestLookout: Sendable {
  /// Where guests are kept.
  public var folder: String
  /// What names the default guest there.
  public var key: String
  /// Nil: it has to be made.
  public var image: GuestImage?
  /// What it is made from is as it was.
  public var isCurrent = false
  /// Bytes of all guests and downloads.
  public var size: UInt64
  public var isWritable: Bool
  /// Why it could not be made here; nil if it could, as far as can be told without the network.
  public var obstacle: String?

  /// Errors of kind missing without a home directory.
  public init() throws(GuestError) {
    let cache = try GuestCache(kernel: nil)
    folder = cache.folder
    key = cache.key
    if let found = cache.find(stamp: GuestCache.stamp(kernel: nil)) {
      (image, isCurrent) = (found.image, found.isCurrent)
    }
    size = Files.weight(cache.folder)
    isWritable = Folder.canWrite(cache.folder)
    obstacle = GuestParts.obstacle
  }
}
