import Events
import Glibc
import Machines
import Scripting

/// Disks, firmware, and what that tells the guest.
extension MachineFields {
  mutating func readDisks() throws(ScriptError) {
    for (index, value) in (try fields.table("disks")?.positions ?? []).enumerated() {
      switch value {
      case .string:
        do throws(MachineError) {
          specification.disks.append(.throwaway(try Disk(probing: value.text ?? "")))
        } catch {
          throw ScriptError(error)
        }
      case .object(let object as DiskObject): specification.disks.append(.kept(object.disk))
      default:
        throw .usage(
          "\(fields.what): disks[\(index + 1)] wants an image's path or a disk {}, got"
            + " \(value.shown)")
      }
    }
  }

  mutating func readFirmware() throws(ScriptError) {
    let wanted = "\"bios\", \"uefi\", a uefi {}, or { code =, vars = }"
    switch fields.table["firmware"] {
    case .nil: return
    case .string:
      let name = fields.table["firmware"].text
      guard name == "bios" || name == "uefi" else { throw fields.wrong("firmware", wanted) }
      if name == "bios" { return }
      specification.firmware = .uefi(
        try UEFIObject.files(
          try Fields(Table(), of: "firmware", known: []), binary: specification.binary,
          isRehearsal: run.isRehearsal))
    case .object(let object as UEFIObject): specification.firmware = .kept(object.uefi)
    case .table(let table):
      let own = try Fields(table, of: "\(fields.what): firmware", known: ["code", "vars"])
      guard own.isGiven("vars") else { throw fields.wrong("firmware", wanted) }
      specification.firmware = .uefi(
        try UEFIObject.files(
          own, binary: specification.binary, isRehearsal: run.isRehearsal))
    default: throw fields.wrong("firmware", wanted)
    }
  }

  /// Text goes among the arguments, other bytes through a file that ends with the run.
  mutating func readSettings() throws(ScriptError) {
    guard let table = try fields.table("fw_cfg") else { return }
    guard table.positions.isEmpty, table.entries.isEmpty else {
      throw .usage("\(fields.what): fw_cfg wants names, as in { [\"opt/org.example/x\"] = \"…\" }")
    }
    for (name, value) in table.fields {
      let source = try source(name, value)
      do throws(MachineError) {
        specification.settings.append(try FirmwareSetting(name, source))
      } catch {
        throw ScriptError(error)
      }
    }
  }

  private func source(_ name: String, _ value: Value) throws(ScriptError) -> FirmwareSetting.Source
  {
    switch value {
    case .string(let bytes):
      if let text = FirmwareSetting.text(bytes) { return text }
      let path = try run.freshPath("fw_cfg")
      if let inventory = run.inventory {
        inventory.absentFiles.insert(path)
      } else {
        try HostFile.write(bytes, to: path)
      }
      return .file(path)
    case .table(let table):
      let what = "\(fields.what): fw_cfg '\(name)'"
      let own = try Fields(table, of: what, known: ["file"])
      guard let path = try own.string("file") else {
        throw .usage("\(what) wants its bytes in a string, or { file = \"path\" }")
      }
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw ScriptError(
          .missing, "\(what): '\(path)' cannot be read: \(String(cString: strerror(errno)))")
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw .usage("\(what): '\(path)' is no regular file")
      }
      return .file(path)
    default:
      throw .usage(
        "\(fields.what): fw_cfg '\(name)' wants a string, or { file = \"path\" }, got"
          + " \(value.shown)")
    }
  }
}
