import Events
import Processes

/// The default guest, assembled in the user's cache: what `-kernel` and `-initrd` want.
public struct GuestImage: Sendable, Hashable {
  public var kernel: String
  public var initramfs: String
  /// For example "6.1.0-50-cloud-amd64"; empty for a user's own kernel.
  public var kernelRelease: String

  /// The image, made now if it is not there yet. Blocks: not for the supervisor's thread.
  ///
  /// - Parameters:
  ///   - kernel: a kernel of the user's own, with virtio (mmio or pci), console, net and
  ///     devtmpfs built in; nil for the distribution's.
  ///   - progress: told, in a few words, what takes long.
  public static func prepare(
    kernel: String? = nil, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(GuestError) -> GuestImage { fatalError("unwritten") }

  /// The kernel's arguments that every boot of it wants: `console` is "hvc0" or "ttyS0".
  public static func commandLine(console: String, name: String? = nil) -> String {
    fatalError("unwritten")
  }
}
