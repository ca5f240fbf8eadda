import Events
import Machines
import Processes
import Scripting

/// `uefi {}`: UEFI with variables that last as long as the script.
final class UEFIObject: ScriptObject {
  static let typeName = "uefi"
  let uefi: UEFI

  private init(_ uefi: UEFI) { self.uefi = uefi }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let isRehearsal = run.isRehearsal
    let files = try files(
      try Fields(call, 1, of: "uefi", known: ["code", "vars"]), isRehearsal: isRehearsal)
    let path = try run.freshPath("uefi-vars")
    do throws(MachineError) {
      let uefi = try Supervisor.sync { () throws(MachineError) in
        try UEFI(files, path: path, isRehearsal: isRehearsal)
      }
      return call.results(.object(UEFIObject(uefi)))
    } catch {
      throw ScriptError(error)
    }
  }

  /// The files that `code` and `vars` name, or the host's.
  static func files(
    _ fields: Fields, binary: String = "qemu-system-x86_64", isRehearsal: Bool = false
  ) throws(ScriptError) -> FirmwareFiles {
    let code = try fields.string("code")
    let variables = try fields.string("vars")
    if code != nil && variables == nil {
      throw .usage("\(fields.what): code of your own goes with variables of its build; give 'vars'")
    }
    do throws(MachineError) {
      if let code, let variables {
        return try FirmwareFiles(code: code, variables: variables, for: binary)
      }
      let found = try FirmwareFiles.find(for: binary)
      guard let variables else { return found }
      return try FirmwareFiles(code: found.code.path, variables: variables, for: binary)
    } catch {
      if isRehearsal, error.kind == .missing, code == nil, variables == nil {
        return FirmwareFiles(rehearsedFor: binary)
      }
      throw ScriptError(error)
    }
  }

  static var methods: [String: NativeFunction] {
    [
      "save": { call throws(ScriptError) in
        guard let path = call.text(2) else {
          throw .usage("save wants the file to copy the variables to, got \(call.typeName(2))")
        }
        let uefi = (call.object(1) as! UEFIObject).uefi
        do throws(MachineError) {
          try Supervisor.sync { () throws(MachineError) in try uefi.save(to: path) }
        } catch {
          throw ScriptError(error)
        }
        return 0
      }
    ]
  }
}
