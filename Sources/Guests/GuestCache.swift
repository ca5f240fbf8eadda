import Glibc
import Processes

/// The folder of made images. An index file for each way of asking (which kernel, what more) says which image
/// answers it, so that finding one takes a few stat(2) and no hashing:
///
///     index-KEY        the image's name, then what was true when it was looked for
///     HASH/            an image: kernel, packed-kernel, initramfs, modules, release, inputs
///     building-PID/    one that is being made, or was when its maker died
///     packages/        the newest download of each package
///     lock             held by who makes one
struct GuestCache {
  var folder: String
  var key: String

  /// `$XDG_CACHE_HOME/vmscript/guest`, or below `$HOME/.cache`.
  init(kernel: String?, software: GuestSoftware? = nil) throws(GuestError) {
    guard let cache = Folder.variable("XDG_CACHE_HOME") ?? Folder.home.map({ "\($0)/.cache" })
    else {
      throw GuestError(
        .missing, "there is no home directory to keep the default guest in: set XDG_CACHE_HOME")
    }
    self.init(folder: "\(cache)/vmscript/guest", kernel: kernel, software: software)
  }

  /// An error about the folder itself with what to do.
  func advise(_ error: GuestError) -> GuestError {
    guard error.kind == .unusable, error.message.contains(folder) else { return error }
    return GuestError(
      .missing,
      "the default guest cannot be kept: \(error.message); XDG_CACHE_HOME can name another place")
  }

  init(folder: String, kernel: String?, software: GuestSoftware? = nil) {
    self.folder = folder
    let more = software.map { "\n\($0.text)" } ?? ""
    key = Self.hash("\(GuestParts.recipe) \(EmbeddedAgent.digest) \(kernel ?? "")\(more)")
  }

  var packages: String { "\(folder)/packages" }

  /// FNV-1a, 64 bits.
  static func hash(_ text: String) -> String { hash(text.utf8) }

  static func hash(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// What may change between two runs, and is looked at each time.
  static func stamp(kernel: String?) -> String {
    let kernelStamp = kernel.map { Files.stamp($0) } ?? AptPackage.stamp
    return "\(kernelStamp); \(Files.stamp("/bin/busybox"))"
  }

  /// The image that the index names, and whether nothing has changed since.
  func find(stamp: String) -> (image: GuestImage, isCurrent: Bool)? {
    guard let bytes = try? Files.read("\(folder)/index-\(key)") else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 3, let image = image(String(lines[0]), release: String(lines[1])) else {
      return nil
    }
    if Files.age("\(folder)/index-\(key)") > 24 * 3600 { Files.touch("\(folder)/index-\(key)") }
    return (image, lines[2] == stamp)
  }

  func image(_ name: String, release: String? = nil) -> GuestImage? {
    let path = "\(folder)/\(name)"
    guard Files.exists("\(path)/kernel"), Files.exists("\(path)/packed-kernel"),
      Files.exists("\(path)/initramfs"), Files.exists("\(path)/modules")
    else { return nil }
    let release =
      release ?? (try? Files.read("\(path)/release")).map { String(decoding: $0, as: UTF8.self) }
    return GuestImage(
      kernel: "\(path)/kernel", packedKernel: "\(path)/packed-kernel",
      initramfs: "\(path)/initramfs", kernelRelease: release ?? "")
  }

  /// Makes the index say that `image` answers, as things stood at `stamp`.
  func remember(_ image: GuestImage, stamp: String) throws(GuestError) {
    let name = image.kernel.split(separator: "/").dropLast().last!
    let path = "\(folder)/index-\(key)"
    let text = "\(name)\n\(image.kernelRelease)\n\(stamp)\n"
    try Files.write(Array(text.utf8), to: "\(path).new")
    guard rename("\(path).new", path) == 0 else {
      throw GuestError(.unusable, "\(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Removes what makers that died have left, indices that nobody has asked for a month, and images
  /// that no index has named for a week: a run may still boot from one. Only for who holds the lock.
  func clean() {
    for name in Folder.names(in: folder)
    where name.hasPrefix("index-") && Files.age("\(folder)/\(name)") > 30 * 24 * 3600 {
      unlink("\(folder)/\(name)")
    }
    let names = Folder.names(in: folder)
    let used = names.filter { $0.hasPrefix("index-") }.compactMap { name in
      (try? Files.read("\(folder)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
    }
    for name in names where !name.hasPrefix("index-") && name != "lock" && name != "packages" {
      let path = "\(folder)/\(name)"
      let isOld = Files.age(path) > 7 * 24 * 3600 && !used.contains { $0.hasPrefix("\(name)\n") }
      if name.hasPrefix("building-") || isOld { Files.remove(path) }
    }
  }
}
