import Glibc
import Guests
import Scripting

/// `guest {}`: the default guest with more in it, for the field `guest` of machines.
final class GuestObject: ScriptObject {
  static let typeName = "guest"
  static let fieldNames = ["initramfs", "kernel"]
  let image: GuestImage

  private init(_ image: GuestImage) { self.image = image }

  func field(_ key: Value) -> Value? {
    switch key.text {
    case "kernel": .string(image.packedKernel)
    case "initramfs": .string(image.initramfs)
    default: nil
    }
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(
      call, 1, of: "guest", known: ["packages", "files", "modules", "users"])
    var software = GuestSoftware()
    software.packages = try names(fields, "packages", "a package's name", Self.isPackage)
    software.modules = try names(fields, "modules", "a kernel module's name", Self.isModule)
    software.users = try names(fields, "users", "a user's name", Self.isUser)
    for (key, value) in try fields.table("files")?.fields ?? [] {
      software.files[try path(key)] = try file(value, "guest: files[\(key)]")
    }
    if let positions = try fields.table("files")?.positions, !positions.isEmpty {
      throw fields.wrong(
        "files", "paths in the guest with their texts: { [\"/etc/x\"] = \"text\" }")
    }
    if let flaw = software.flaw { throw .usage("guest: files: \(flaw)") }
    return call.results(.object(GuestObject(try prepare(run, software))))
  }

  /// The image; made now if it is not there. The script stands still meanwhile.
  static func prepare(_ run: Run, _ software: GuestSoftware) throws(ScriptError) -> GuestImage {
    if let inventory = run.inventory { return try rehearse(run, software, inventory) }
    Ending.shared.noteWork()
    let told = Ending.shared.isTold
    let subscription = told.subscribe { GuestImage.cancelled.set(true) }
    defer { subscription.cancel() }
    if told.value != nil { GuestImage.cancelled.set(true) }
    do throws(GuestError) {
      let say = run.options.say
      return try GuestImage.prepare(kernel: run.options.kernel, software: software) {
        say("vmscript: \($0)")
      }
    } catch {
      if let cancellation = Ending.shared.takeCancellation() { throw cancellation }
      switch error.kind {
      case .missing: throw ScriptError(.missing, error.message)
      case .wrong: throw .usage("guest: \(error.message)")
      case .unusable, .cancelled: throw ScriptError(.launch, error.message)
      }
    }
  }

  private static func rehearse(
    _ run: Run, _ software: GuestSoftware, _ inventory: Inventory
  ) throws(ScriptError) -> GuestImage {
    do throws(GuestError) {
      let (image, isCurrent) = try GuestImage.rehearse(
        kernel: run.options.kernel, software: software)
      inventory.add(
        guest: software.isEmpty ? "the default guest" : software.shown, image, isCurrent: isCurrent)
      return image
    } catch {
      throw ScriptError(error.kind == .missing ? .missing : .launch, error.message)
    }
  }

  /// In order and each once, so that the same list in another order is the same guest.
  private static func names(
    _ fields: Fields, _ name: String, _ wanted: String, _ isFit: (String) -> Bool
  ) throws(ScriptError) -> [String] {
    guard let table = try fields.table(name) else { return [] }
    if let (key, _) = table.fields.first {
      throw .usage("guest: field '\(name)' wants a list, got the key '\(key)'")
    }
    var result: Set<String> = []
    for (index, value) in table.positions.enumerated() {
      guard case .string = value, let text = value.text, isFit(text) else {
        throw .usage("guest: field '\(name)[\(index + 1)]' wants \(wanted), got \(value.shown)")
      }
      result.insert(text)
    }
    return result.sorted()
  }

  private static func has(_ text: String, first: ClosedRange<Character>, more: String) -> Bool {
    guard let start = text.first, "a"..."z" ~= start || first ~= start else { return false }
    return text.utf8.count <= 64
      && text.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || more.contains($0) }
  }

  static func isPackage(_ text: String) -> Bool { has(text, first: "0"..."9", more: "+.-") }
  static func isModule(_ text: String) -> Bool {
    has(text.lowercased(), first: "0"..."9", more: "_-")
  }
  private static func isUser(_ text: String) -> Bool {
    has(text, first: "_"..."_", more: "_-") && !["root", "nobody"].contains(text)
  }

  /// File systems are mounted there at boot.
  private static let hidden = ["/dev", "/proc", "/run", "/sys", "/tmp", "/var/run"]

  private static func path(_ path: String) throws(ScriptError) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard path.hasPrefix("/"), !path.utf8.contains(0),
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else {
      throw .usage("guest: files are named by their whole path in the guest, got '\(path)'")
    }
    if let mount = hidden.first(where: { "\(path)/".hasPrefix("\($0)/") }) {
      throw .usage(
        "guest: a file cannot be in \(mount), where each boot mounts a file system: write it by vm:write"
      )
    }
    return path
  }

  private static func file(_ value: Value, _ what: String) throws(ScriptError) -> PlacedFile {
    if case .string(let bytes) = value { return PlacedFile(bytes: bytes, mode: 0o644) }
    guard case .table(let table) = value else {
      throw .usage("\(what) wants its text, or { from =, text =, mode = }, got \(value.shown)")
    }
    let fields = try Fields(table, of: what, known: ["from", "text", "mode"])
    guard fields.isGiven("from") != fields.isGiven("text") else {
      throw .usage("\(what) wants either text = or from = (a path on the host)")
    }
    var file = PlacedFile(bytes: [], mode: 0o644)
    if let path = try fields.string("from") {
      file = PlacedFile(bytes: try HostFile.read(path), mode: try HostFile.mode(path))
    } else if case .string(let bytes) = table["text"] {
      file.bytes = bytes
    } else {
      throw fields.wrong("text", "a string")
    }
    if let mode = try fields.string("mode") {
      guard (3...4).contains(mode.utf8.count), let bits = UInt32(mode, radix: 8) else {
        throw fields.wrong("mode", "a mode such as '755'")
      }
      file.mode = bits
    }
    return file
  }
}
