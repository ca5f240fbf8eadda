import Events
import Machines
import Processes
import Scripting

/// `tpm {}`: a TPM 2.0 that lasts as long as the script.
final class TPMObject: ScriptObject {
  static let typeName = "tpm"
  let tpm: TPM

  private init(_ tpm: TPM) { self.tpm = tpm }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(call, 1, of: "tpm", known: ["state"])
    let original = try fields.string("state")
    let (path, isRehearsal) = (try run.freshPath("tpm"), run.isRehearsal)
    do throws(MachineError) {
      let tpm = try Supervisor.sync { () throws(MachineError) in
        try TPM(stateDirectory: path, copyOf: original, isRehearsal: isRehearsal)
      }
      run.inventory?.tpms.append(tpm)
      return call.results(.object(TPMObject(tpm)))
    } catch {
      throw ScriptError(error)
    }
  }

  static var methods: [String: NativeFunction] {
    [
      "save": { call throws(ScriptError) in
        guard let path = call.text(2), let object = call.object(1) as? TPMObject else {
          throw .usage("save wants the directory to copy the state to, got \(call.typeName(2))")
        }
        let tpm = object.tpm
        do throws(MachineError) {
          try Supervisor.sync { () throws(MachineError) in try tpm.save(to: path) }
        } catch {
          throw ScriptError(error)
        }
        return 0
      }
    ]
  }
}
