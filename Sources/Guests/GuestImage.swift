import Events
import Glibc
import Processes

/// The default guest, assembled in the user's cache: what `-kernel` and `-initrd` want.
public struct GuestImage: Sendable, Hashable {
  /// Unpacked, an ELF file entered by PVH: the quickest start, for a microvm.
  public var kernel: String
  /// As the distribution has it, a bzImage. For a full PC: behind SeaBIOS, QEMU 7.2 loads the
  /// initramfs of a PVH kernel over the ACPI tables if there are a TPM or several processors.
  public var packedKernel: String
  public var initramfs: String
  /// For example "6.1.0-50-cloud-amd64"; empty for a user's own kernel.
  public var kernelRelease: String

  /// Whether its kernel has no such module; not known of a user's own kernel, which may have the
  /// driver built in.
  public func lacks(module: String) -> Bool {
    let folder = kernel.split(separator: "/").dropLast().joined(separator: "/")
    guard !kernelRelease.isEmpty, let bytes = try? Files.read("/\(folder)/modules") else {
      return false
    }
    return !String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { $0 == module }
  }

  /// Bytes without which the distribution's kernel does not come to the agent: with 72 MiB it panics
  /// or resets, often without a word (Debian's 6.1).
  public static let minimumMemory: UInt64 = 80 << 20

  /// Set when the program is to end: what prepares an image stops, and throws.
  public static let cancelled = Event<Bool>()

  /// The program inside, for guests that have another init.
  public static var agent: [UInt8] { EmbeddedAgent.bytes }

  /// The image, made now if it is not there yet. Blocks: not for the supervisor's thread.
  ///
  /// One that is there is taken without the network, and without apt unless the host's package
  /// lists have changed since it was made. If the newer kernel is not to be had then, it stays.
  ///
  /// - Parameters:
  ///   - kernel: a kernel of the user's own, with virtio (mmio or pci), console, net and
  ///     devtmpfs built in; nil for the distribution's.
  ///   - progress: told, in a few words, what takes long.
  public static func prepare(
    kernel: String? = nil, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(GuestError) -> GuestImage {
    let cache = try GuestCache(kernel: kernel)
    do throws(GuestError) {
      return try prepare(kernel: kernel, cache: cache, progress: progress)
    } catch {
      throw cache.advise(error)
    }
  }

  /// Finds the parts of the image for a kernel, with a folder to work in.
  typealias Finder = @Sendable (String?, String) throws(GuestError) -> GuestParts

  static func prepare(
    kernel: String?, cache: GuestCache, find: Finder = GuestParts.find(kernel:folder:),
    progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    let stamp = GuestCache.stamp(kernel: kernel)
    if let found = cache.find(stamp: stamp), found.isCurrent { return found.image }
    try Files.makeFolder(cache.folder)
    let lock = try CacheLock(folder: cache.folder) {
      progress("waiting for another vmscript, which prepares the guest")
    }
    let image = Result { () throws(GuestError) in
      try prepareLocked(kernel, cache, stamp, find, progress)
    }
    lock.release()
    return try image.get()
  }

  private static func prepareLocked(
    _ kernel: String?, _ cache: GuestCache, _ stamp: String, _ find: Finder,
    _ progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    // Who held the lock before may have made it.
    let earlier = cache.find(stamp: stamp)
    if let earlier, earlier.isCurrent { return earlier.image }
    do throws(GuestError) {
      let image = try make(kernel, cache, find, progress)
      try cache.remember(image, stamp: stamp)
      return image
    } catch {
      // A kernel of the user's own was asked for by name: an older one is not it.
      guard let earlier, kernel == nil, error.kind != .cancelled else { throw error }
      progress("the guest stays as it was: \(error.message)")
      try cache.remember(earlier.image, stamp: stamp)
      return earlier.image
    }
  }

  private static func make(
    _ kernel: String?, _ cache: GuestCache, _ find: Finder,
    _ progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    cache.clean()
    let work = "\(cache.folder)/building-\(getpid())"
    // A killed maker leaves nothing either.
    do throws(ProcessError) {
      try Supervisor.sync { () throws(ProcessError) in try Guardian.add(directory: work) }
    } catch {
      throw GuestError(.unusable, error.message)
    }
    defer {
      Files.remove(work)
      Supervisor.sync { Guardian.remove(directory: work) }
    }
    try Files.makeFolder(work)
    let parts = try find(kernel, work)
    let name = GuestCache.hash(parts.inputs)
    if let image = cache.image(name) { return image }
    progress("preparing the default guest, once")
    try GuestBuilder(
      parts: parts, folder: work, packages: cache.packages, progress: progress
    ).build()
    unlink("\(work)/output")
    let target = "\(cache.folder)/\(name)"
    Files.remove(target)
    guard rename(work, target) == 0, let image = cache.image(name) else {
      throw GuestError(.unusable, "\(target): \(String(cString: strerror(errno)))")
    }
    return image
  }

  /// The kernel's arguments that every boot of it wants.
  ///
  /// - Parameters:
  ///   - console: "hvc0" or "ttyS0".
  ///   - name: the guest's host name.
  public static func commandLine(console: String, name: String? = nil) -> String {
    var words = ["console=\(console)", "reboot=t", "quiet", "panic=-1"] + tuning
    if let name { words.append("vmscript.name=\(name)") }
    return words.joined(separator: " ")
  }

  /// A guest for a test needs no defence against what runs in it, nor tests of the kernel's own
  /// ciphers. Together they take a boot under TCG from 1.95 to 1.5 s (docs/guest.md).
  private static let tuning = [
    "cryptomgr.notests", "rcupdate.rcu_expedited=1", "init_on_alloc=0", "mitigations=off", "lsm=",
    "audit=0",
  ]
}
