import Guests

/// `vmscript guest`: makes the default guest, if it is not there.
public enum GuestPreparation {
  /// Lines that tell where it is.
  case done([String])
  /// A message, and the program's exit status.
  case failed(String, Int32)

  public init(kernel: String?, progress: @escaping @Sendable (String) -> Void) {
    do throws(GuestError) {
      let image = try GuestImage.prepare(kernel: kernel, progress: progress)
      self = .done(["kernel: \(image.kernel)", "initramfs: \(image.initramfs)"])
    } catch {
      self = .failed(error.message, error.kind == .missing ? 3 : 1)
    }
  }
}
