import Glibc
import Processes
import Scripting

/// `vmscript new`: what a project begins with.
public struct ProjectTemplate {
  private let folder: String
  private static let typesFolder = ".vmscript/types"

  public init(folder: String) { self.folder = folder }

  /// Writes the project, and says what to do next. Nothing that is there is overwritten, but for types.
  public func write(typesOnly: Bool) -> Result<[String], ScriptError> {
    do throws(ScriptError) {
      if typesOnly {
        guard access(folder + "/.luarc.json", F_OK) == 0 else {
          throw .usage("'\(folder)' has no .luarc.json: it is no project of vmscript new")
        }
      } else {
        try makeFolder()
        for (path, text) in Self.files { try write(text, to: path) }
      }
      for meta in EmbeddedStdlib.metas {
        try write("\(meta.source)", to: "\(Self.typesFolder)/\(meta.name).lua")
      }
    } catch {
      return .failure(error)
    }
    if typesOnly { return .success(["types renewed in \(folder)/\(Self.typesFolder)"]) }
    return .success([
      "made \(folder); next:",
      "  cd \(folder)",
      "  vmscript run pair.lua",
      "  vmscript test tests",
    ])
  }

  private func makeFolder() throws(ScriptError) {
    guard !folder.isEmpty else { throw .usage("the project wants a name") }
    if mkdir(folder, 0o777) == 0 { return }
    let code = errno
    guard code == EEXIST else { throw failure("make", folder, code) }
    let names = Folder.names(in: folder)
    guard names.allSatisfy({ $0 == ".git" }), access(folder + "/.", F_OK) == 0 else {
      throw .usage("'\(folder)' is there already: name a folder that is new or empty")
    }
  }

  private func write(_ text: String, to path: String) throws(ScriptError) {
    var parent = folder
    for part in path.split(separator: "/").dropLast() {
      parent += "/" + part
      guard mkdir(parent, 0o777) == 0 || errno == EEXIST else {
        throw failure("make", parent, errno)
      }
    }
    let whole = "\(folder)/\(path)"
    do throws(ProcessError) {
      let file = try Descriptor.open(whole, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
      try file.writeAll(Array(text.utf8))
    } catch {
      throw ScriptError(.missing, "cannot write '\(whole)': \(error.message)")
    }
  }

  private func failure(_ verb: String, _ path: String, _ code: Int32) -> ScriptError {
    ScriptError(.missing, ProcessError.system("cannot \(verb) '\(path)'", code).message)
  }

  private static let files: [(path: String, text: String)] = [
    (
      "pair.lua",
      """
      -- Two machines on a cable: they reach each other until it is pulled.
      local left, right = socketpair()
      local a = microvm { name = "a", net = { { left, address = "10.0.1.1/24" } } }
      local b = microvm { name = "b", net = { { right, address = "10.0.1.2/24" } } }
      wait.all { a:ready(), b:ready() }

      a:sh "ping -c 1 -W 5 10.0.1.2"
      print "a reaches b"

      left:unplug()
      a:fails "ping -c 1 -W 1 10.0.1.2"
      print "the cable is out: a does not reach b"

      """
    ),
    (
      "tests/boot_test.lua",
      """
      local check = require "vmscript.check"

      -- Made once, for all cases of the file; what a case makes ends with it.
      local vm = microvm { name = "guest" }

      test("the guest boots", function()
        wait(vm:ready())
        check.matches(vm:sh "uname -s", "Linux")
      end)

      test("a file survives the way there and back", function()
        vm:write("/tmp/greeting", "hello")
        check.equal(vm:read "/tmp/greeting", "hello")
      end)

      """
    ),
    (
      ".luarc.json",
      """
      {
        "runtime.version": "Lua 5.4",
        "workspace.library": ["\(typesFolder)"]
      }

      """
    ),
    (
      ".github/workflows/test.yml",
      """
      # Needs vmscript on the runner; see its README for how it is installed.
      name: test
      on: [push, pull_request]
      jobs:
        test:
          runs-on: ubuntu-latest
          timeout-minutes: 30
          steps:
            - uses: actions/checkout@v4
            - name: Let KVM be used
              run: sudo chmod 666 /dev/kvm || true
            - run: vmscript doctor
            - run: vmscript check *.lua tests/*.lua
            - run: vmscript test --junit results.xml tests
            - uses: actions/upload-artifact@v4
              if: always()
              with:
                name: results
                path: results.xml

      """
    ),
    (
      "README.md",
      """
      # Tests of machines

      - `vmscript run pair.lua` runs the first script.
      - `vmscript test tests` runs the tests.
      - `vmscript check *.lua tests/*.lua` looks for mistakes without running anything.
      - `.vmscript/types` tells editors with the Lua language server what there is; `vmscript new --types .`
        renews it.

      """
    ),
  ]
}
