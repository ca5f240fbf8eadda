import Events
import Glibc
import Processes
import Testing

@testable import Machines

/// A directory that is gone with the test.
final class Scratch: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/machines-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { Scratch.remove(path) }

  private static func remove(_ path: String) {
    for name in Files.names(in: path) ?? [] {
      if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
    }
    rmdir(path)
  }

  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = fopen("\(path)/\(name)", "w")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return "\(path)/\(name)"
  }
}

/// A guest in a boot sector: prints a text on the serial port, and then does one thing. Real mode,
/// at 0x7c00, as a BIOS starts it.
enum BootSector {
  /// ACPI's PM1a control block is where SeaBIOS puts it on a q35: SLP_EN with type 0 is power off.
  static let powerOff: [UInt8] = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef]
  /// The chipset's reset register.
  static let reset: [UInt8] = [0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee]
  static let halt: [UInt8] = [0xf4, 0xeb, 0xfd]
  /// Sends back what it gets, and powers off after a 'q'.
  static let echo: [UInt8] =
    [
      0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8, 0xba, 0xf8, 0x03, 0xec, 0x88, 0xc4, 0xba,
      0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb, 0x88, 0xe0, 0xba, 0xf8, 0x03, 0xee, 0x3c, 0x71,
      0x75, 0xe0,
    ] + powerOff

  static func image(_ text: String, then action: [UInt8]) -> [UInt8] {
    // Waits for the port to be free before each character.
    let print: [UInt8] = [
      0xac, 0x84, 0xc0, 0x74, 0x12, 0x88, 0xc4, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb,
      0x88, 0xe0, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xe9,
    ]
    let textAt = 0x7c00 + 8 + print.count + action.count + halt.count
    // Interrupts off: SeaBIOS reads the serial port in its timer's.
    var sector: [UInt8] = [
      0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xbe, UInt8(textAt & 0xff), UInt8(textAt >> 8),
    ]
    sector += print + action + halt + Array("\n\(text)".utf8) + [0]
    precondition(sector.count <= 510)
    sector += [UInt8](repeating: 0, count: 510 - sector.count) + [0x55, 0xaa]
    // SeaBIOS boots no disk that is smaller than a floppy.
    return sector + [UInt8](repeating: 0, count: 2 << 20)
  }
}

/// Expects that `body` throws an error of this kind whose message has this text.
@Supervisor func refused(
  _ kind: MachineError.Kind, _ text: String,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(MachineError) -> Void
) {
  do throws(MachineError) {
    try body()
    Issue.record("was taken: \(text)", sourceLocation: sourceLocation)
  } catch {
    #expect(
      error.kind == kind && error.message.contains(text), "\(error.message)",
      sourceLocation: sourceLocation)
  }
}

let tcg = HostCapabilities(accelerator: .tcg, tscKilohertz: 2_000_000)
let kvm = HostCapabilities(accelerator: .kvm, tscKilohertz: 2_000_000)

extension MachineSpecification {
  /// A small pc with nothing on it that a test has not asked for.
  static func small(_ name: String) -> MachineSpecification {
    var specification = MachineSpecification(.pc, name: name, seed: 1)
    specification.memory = 32 << 20
    specification.userNetwork = .none
    return specification
  }

  static func booting(
    _ name: String, _ text: String, then action: [UInt8], in scratch: Scratch
  ) throws -> MachineSpecification {
    var specification = small(name)
    let path = scratch.write("\(name).img", BootSector.image(text, then: action))
    specification.disks = [.throwaway(try Disk(probing: path))]
    return specification
  }
}

extension Machine {
  /// Waits until the console has a text in this boot.
  func printed(_ text: String, _ seconds: Double = 60) async -> Bool {
    let deadline = Deadline.after(seconds)
    while !deadline.hasPassed {
      let bytes = Array((Files.read(console.path) ?? "").utf8)
      let boot = bytes.dropFirst(console.snapshot.bootOffset)
      if String(decoding: boot, as: UTF8.self).contains(text) { return true }
      console.changed.clear()
      _ = await console.changed.wait(until: .after(0.2))
    }
    return false
  }
}
