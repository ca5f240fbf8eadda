import Events
import Machines
import Processes
import Scripting

/// Protobuf's compiler, which turns .proto files into descriptors.
struct Protoc: Sendable {
  var files: [String]
  /// Folders in which files and their imports are looked for.
  var imports: [String]

  /// The serialized `FileDescriptorSet` of the files and all they import.
  @Supervisor func run(until deadline: Deadline) async throws(MachineError) -> [UInt8] {
    let child: Child
    let output: String
    do throws(ProcessError) {
      output = try VolatileDirectory.ofRun().freshPath("descriptors")
      child = try Launcher.launch(command(output))
    } catch {
      throw error.kind == .missing ? Self.missing : MachineError(.launch, error.message)
    }
    guard let status = await child.exited.wait(until: deadline) else {
      await child.stop(.kill)
      throw MachineError(.timeout, "protoc did not end in time")
    }
    guard status == .exited(code: 0) else {
      let words = child.errorOutput
      let lines = words.split(whereSeparator: \.isNewline)
      let first = lines.first { !$0.hasPrefix("[libprotobuf WARNING") } ?? "it failed"
      var error = MachineError(.usage, "protoc: \(first)")
      error.standardError = words
      throw error
    }
    do throws(ScriptError) { return try HostFile.read(output) } catch {
      throw MachineError(.launch, error.message)
    }
  }

  private static let missing = MachineError(
    .missing,
    ".proto files need protoc, which is not installed: \(Software.protoc.remedy)"
      + " (or give descriptors = …, made where there is one)")

  private func command(_ output: String) -> Command {
    var command = Command(name: "protoc", executable: "protoc")
    command.arguments = ["--include_imports", "--descriptor_set_out=\(output)"]
    for folder in folders { command.arguments.append("--proto_path=\(folder)") }
    // A name that begins with a dash is no option.
    for file in files {
      command.arguments.append(Argument(file.hasPrefix("-") ? "./\(file)" : file))
    }
    return command
  }

  /// Those to import from, and of each file that is in none of them its own.
  private var folders: [String] {
    var result = imports
    for file in files where !imports.contains(where: { file.hasPrefix(Self.prefix($0)) }) {
      let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
      if !result.contains(folder) { result.append(folder) }
    }
    return result
  }

  private static func prefix(_ folder: String) -> String {
    folder.hasSuffix("/") ? folder : folder + "/"
  }
}
