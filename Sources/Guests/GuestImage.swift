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
  /// It has to be made first; its files have the names that they would get.
  public var isAbsent = false

  /// Whether its kernel has no such module; not known of a user's own kernel, which may have the
  /// driver built in.
  public func lacks(module: String) -> Bool {
    guard !kernelRelease.isEmpty, let bytes = try? Files.read("\(folder)/modules") else {
      return false
    }
    return !String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains {
      $0.hasSuffix("/\(module).ko")
    }
  }

  /// Bytes without which the distribution's kernel does not come to the agent: with 72 MiB it panics
  /// or resets, often without a word (Debian's 6.1).
  public static let minimumMemory: UInt64 = 80 << 20

  /// Bytes of memory for a boot of this image: its files are there twice while they are unpacked.
  public var minimumMemory: UInt64 {
    let more = max(0, Files.size(initramfs) - (6 << 20))
    return (Self.minimumMemory + 2 * UInt64(more) + (1 << 20) - 1) & ~((1 << 20) - 1)
  }

  /// Where its files are.
  var folder: String { String(kernel[..<(kernel.lastIndex(of: "/") ?? kernel.startIndex)]) }
  var name: String { String(folder.split(separator: "/").last ?? "") }

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
  ///   - software: what it has beside what all have.
  ///   - progress: told, in a few words, what takes long.
  public static func prepare(
    kernel: String? = nil, software: GuestSoftware = .init(),
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(GuestError) -> GuestImage {
    let cache = try GuestCache(kernel: kernel)
    do throws(GuestError) {
      let base = try prepare(kernel: kernel, cache: cache, progress: progress)
      guard !software.isEmpty else { return base }
      let ownCache = try GuestCache(kernel: kernel, software: software)
      return try prepare(base, with: software, cache: ownCache, progress: progress)
    } catch {
      throw cache.advise(error)
    }
  }

  /// The image that `prepare` would give, as far as it can be told without making one, and whether what
  /// it is made of is still as it was.
  public static func rehearse(
    kernel: String? = nil, software: GuestSoftware = .init()
  ) throws(GuestError) -> (image: GuestImage, isCurrent: Bool) {
    if let kernel { try GuestParts.check(kernel: kernel) }
    let cache = try GuestCache(kernel: kernel)
    guard let base = cache.find(stamp: GuestCache.stamp(kernel: kernel)),
      base.isCurrent || kernel == nil
    else { return (absent(cache), false) }
    guard !software.isEmpty else { return base }
    let own = try GuestCache(kernel: kernel, software: software)
    return own.find(stamp: Self.stamp(over: base.image)) ?? (absent(own), false)
  }

  private static func absent(_ cache: GuestCache) -> GuestImage {
    let folder = "\(cache.folder)/<guest-\(cache.key.prefix(8))>"
    return GuestImage(
      kernel: "\(folder)/kernel", packedKernel: "\(folder)/packed-kernel",
      initramfs: "\(folder)/initramfs", kernelRelease: "", isAbsent: true)
  }

  private static func stamp(over base: GuestImage) -> String {
    "\(base.name); \(AptPackage.stamp)"
  }

  /// Finds the parts of the image for a kernel, with a folder to work in.
  typealias Finder = @Sendable (String?, String) throws(GuestError) -> GuestParts

  static func prepare(
    kernel: String?, cache: GuestCache, find: @escaping Finder = GuestParts.find(kernel:folder:),
    progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    // A kernel of the user's own was asked for by name: an older one is not it.
    let recipe = Recipe(
      stamp: GuestCache.stamp(kernel: kernel), mayBeOlder: kernel == nil, shown: "the default guest"
    ) { folder throws(GuestError) in
      let parts = try find(kernel, folder)
      let builder = GuestBuilder(
        parts: parts, folder: folder, packages: cache.packages, progress: progress)
      return Plan(inputs: parts.inputs, build: builder.build)
    }
    return try prepare(recipe, cache, progress)
  }

  static func prepare(
    _ base: GuestImage, with software: GuestSoftware, cache: GuestCache,
    progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    let recipe = Recipe(
      stamp: stamp(over: base), mayBeOlder: true, shown: software.shown
    ) { folder throws(GuestError) in
      let packages = try AptResolver(folder: folder).resolve(software.allPackages)
      let builder = SoftwareBuilder(
        software: software, packages: packages, base: base, folder: folder, store: cache.packages,
        progress: progress)
      return Plan(inputs: builder.inputs, build: builder.build)
    }
    return try prepare(recipe, cache, progress)
  }

  /// What an image is made from, and how.
  private struct Plan {
    /// Tells all of it that can change.
    var inputs: String
    /// Leaves the image's files in the folder.
    var build: () throws(GuestError) -> Void
  }

  /// How an image is come by.
  private struct Recipe {
    /// What may change between two runs.
    var stamp: String
    /// An image that was made before will do if a newer is not to be had.
    var mayBeOlder: Bool
    var shown: String
    /// With a folder to work in.
    var plan: (String) throws(GuestError) -> Plan
  }

  private static func prepare(
    _ recipe: Recipe, _ cache: GuestCache, _ progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    let stamp = recipe.stamp
    if let found = cache.find(stamp: stamp), found.isCurrent { return found.image }
    try Files.makeFolder(cache.folder)
    let lock = try CacheLock(folder: cache.folder) {
      progress("waiting for another vmscript, which prepares the guest")
    }
    let image = Result { () throws(GuestError) in
      try prepareLocked(recipe, cache, progress)
    }
    lock.release()
    return try image.get()
  }

  private static func prepareLocked(
    _ recipe: Recipe, _ cache: GuestCache, _ progress: @escaping @Sendable (String) -> Void
  ) throws(GuestError) -> GuestImage {
    // Who held the lock before may have made it.
    let stamp = recipe.stamp
    let earlier = cache.find(stamp: stamp)
    if let earlier, earlier.isCurrent { return earlier.image }
    do throws(GuestError) {
      let image = try make(recipe, cache, progress)
      try cache.remember(image, stamp: stamp)
      return image
    } catch {
      guard let earlier, recipe.mayBeOlder, error.kind != .cancelled else { throw error }
      progress("\(recipe.shown) stays as it was: \(error.message)")
      try cache.remember(earlier.image, stamp: stamp)
      return earlier.image
    }
  }

  private static func make(
    _ recipe: Recipe, _ cache: GuestCache, _ progress: @escaping @Sendable (String) -> Void
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
    let plan = try recipe.plan(work)
    let name = GuestCache.hash(plan.inputs)
    if let image = cache.image(name) { return image }
    progress("preparing \(recipe.shown), once")
    try plan.build()
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
