import Events
import Glibc

extension Machine {
  /// Writes what the machine's display shows to a PNG file, which appears whole or not at all.
  /// Errors of kind usage for a machine without a display, missing for a file that cannot be
  /// written, qmp for a QEMU that has no PNG (before 7.1).
  public func screenshot(to path: String, until deadline: Deadline) async throws(MachineError) {
    let path = try Files.target(Self.absolute(path))
    let aside = "\(path).\(getpid())"
    // QEMU's own message would name the file aside.
    let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .system(.missing, "cannot write '\(path)'", errno) }
    close(file)
    let written = Event<Result<Void, MachineError>>()
    // A QEMU that is late writes the file still: it is removed only when QEMU has answered or ended.
    Task { @Supervisor in
      do throws(MachineError) {
        let arguments: JSON = ["filename": .string(aside), "format": "png"]
        _ = try await self.qmp("screendump", arguments)
        if deadline.hasPassed { unlink(aside) }
        written.set(.success(()))
      } catch {
        unlink(aside)
        written.set(.failure(error))
      }
    }
    switch await written.wait(until: deadline) {
    case .success: try keep(aside, path)
    case .failure(let error): throw explained(error)
    case nil:
      throw MachineError(
        .timeout, "QEMU of machine '\(name)' did not draw its display in time", machine: name)
    }
  }

  private func keep(_ aside: String, _ path: String) throws(MachineError) {
    do throws(MachineError) {
      try Self.checkPNG(aside, machine: name)
      if rename(aside, path) != 0 { throw .system(.missing, "cannot write '\(path)'", errno) }
    } catch {
      unlink(aside)
      throw error
    }
  }

  private func explained(_ error: MachineError) -> MachineError {
    guard error.kind == .qmp else { return error }
    if error.message.contains("no console to take a screendump from") {
      let device = specification.architecture.isX86 ? "VGA" : "virtio-gpu-pci"
      let remedy =
        specification.kind == .microvm
        ? "a microvm has no bus for one, use qemu {}"
        : "give it one with \"-device\", \"\(device)\""
      return MachineError(
        .usage, "machine '\(name)' has no display to take a screenshot of: \(remedy)",
        machine: name)
    }
    if error.message.contains("'format' is unexpected") {
      return MachineError(
        .missing, "this QEMU cannot write PNG files: screenshots need QEMU 7.1 or later",
        machine: name)
    }
    return error
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  /// PNG's signature and its first chunk, IHDR (ISO/IEC 15948, 5.2 and 11.2.2).
  private static func checkPNG(_ path: String, machine: String) throws(MachineError) {
    let wanted: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    var head = [UInt8](repeating: 0, count: 16)
    guard read(file, &head, head.count) == head.count, Array(head[..<8]) == wanted,
      Array(head[12...]) == Array("IHDR".utf8)
    else {
      throw MachineError(
        .qmp, "QEMU of machine '\(machine)' wrote no PNG file as its screenshot", machine: machine)
    }
  }
}
