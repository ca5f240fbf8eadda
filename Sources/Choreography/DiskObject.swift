import Events
import Machines
import Processes
import Scripting

/// `disk {}`: a disk that lasts as long as the script.
final class DiskObject: ScriptObject {
  static let typeName = "disk"

  unowned let run: Run
  let disk: KeptDisk

  private init(_ run: Run, _ disk: KeptDisk) {
    self.run = run
    self.disk = disk
  }

  static func make(_ call: Call, _ run: Run) throws(ScriptError) -> Int {
    let fields = try Fields(
      call, 1, of: "disk",
      known: ["size", "from", "format", "read_only", "cdrom", "boot", "serial"])
    var options = KeptDisk.Options()
    options.size = try fields.size("size")
    let format = try format(fields)
    let original = try fields.string("from")
    if original == nil && options.size == nil {
      throw .usage("disk wants size = \"10G\" for a blank one, or from = an image's path")
    }
    if original == nil && format != nil {
      throw .usage("disk: format is that of the image in 'from', which is not given")
    }
    options.isReadOnly = try fields.boolean("read_only") ?? false
    options.isCDROM = try fields.boolean("cdrom") ?? false
    options.isBootable = try fields.boolean("boot") ?? (original != nil)
    options.serial = try fields.string("serial")
    let (path, isRehearsal) = (try run.freshPath("disk"), run.isRehearsal)
    do throws(MachineError) {
      if let original { options.original = try Disk(probing: original, as: format) }
      let options = options
      let disk = try Supervisor.sync { () throws(MachineError) in
        try KeptDisk(options, path: path, isRehearsal: isRehearsal)
      }
      run.inventory?.disks.append(disk)
      return call.results(.object(DiskObject(run, disk)))
    } catch {
      throw ScriptError(error)
    }
  }

  private static func format(_ fields: Fields) throws(ScriptError) -> Disk.Format? {
    guard let name = try fields.string("format") else { return nil }
    guard let format = Disk.Format(rawValue: name) else {
      throw fields.wrong("format", "\"raw\" or \"qcow2\"")
    }
    return format
  }

  static var methods: [String: NativeFunction] {
    ["save": { call throws(ScriptError) in try save(call) }]
  }

  /// An image's format is that of its name, unless the script says.
  private static func save(_ call: Call) throws(ScriptError) -> Int {
    let object = call.object(1) as! DiskObject
    guard let path = call.text(2) else {
      throw .usage("save wants the path of the image to write, got \(call.typeName(2))")
    }
    let fields = try Fields(call, 3, of: "save", known: ["format", "timeout"])
    let format = try format(fields) ?? (path.hasSuffix(".qcow2") ? .qcow2 : .raw)
    let timeout = try fields.seconds("timeout")
    let disk = object.disk
    return try call.wait(
      Operation<Void>(object.run, "a disk to be saved to '\(path)'", timeout: timeout) {
        deadline throws(MachineError) in
        try await disk.save(to: path, format, until: deadline)
      })
  }
}
