import Guests

/// `vmscript guest`: makes the default guest, or one with more in it, if it is not there.
public enum GuestPreparation {
  /// Lines that tell where it is.
  case done([String])
  /// A message, and the program's exit status.
  case failed(String, Int32)

  /// - Parameters:
  ///   - packages: the distribution's, in the guest beside what all have.
  ///   - modules: the kernel's, loaded at boot.
  public init(
    kernel: String?, packages: [String] = [], modules: [String] = [],
    progress: @escaping @Sendable (String) -> Void
  ) {
    for (names, what, isFit) in [
      (packages, "package", GuestObject.isPackage), (modules, "module", GuestObject.isModule),
    ] {
      if let name = names.first(where: { !isFit($0) }) {
        self = .failed("'\(name)' is no name of a \(what)", 2)
        return
      }
    }
    var software = GuestSoftware()
    software.packages = Set(packages).sorted()
    software.modules = Set(modules).sorted()
    do throws(GuestError) {
      let image = try GuestImage.prepare(kernel: kernel, software: software, progress: progress)
      self = .done(["kernel: \(image.kernel)", "initramfs: \(image.initramfs)"])
    } catch {
      self = .failed(error.message, error.kind == .missing ? 3 : 1)
    }
  }
}
