import Events
import Guests
import Scripting

/// Files and folders of the guest. All first wait until the agent is ready.
extension MachineObject {
  /// `read(path)`: a guest file's bytes.
  static func read(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let path = try pathArgument(call, 2, "read wants a path in the guest")
    let timeout = try timeout(call, 3, "read")
    let agent = try object.demandAgent()
    let limit = ExecRequest.Output.defaultLimit
    let request = Supervisor.sync { agent.get(path, limit: limit) }
    return try call.wait(
      CommandWait(
        object, request.answer, purpose: purpose(path), timeout: timeout,
        onAbandon: { Supervisor.post { request.cancel() } }
      ) { call, file in
        call.push(file.content)
        return 1
      })
  }

  /// `write(path, text)`.
  static func write(_ call: Call) throws(ScriptError) -> Int {
    let object = of(call)
    let path = try pathArgument(call, 2, "write wants a path in the guest")
    guard let bytes = try call.value(3).bytes else {
      throw .usage("write wants the text for '\(shown(path))', got \(call.typeName(3))")
    }
    let timeout = try timeout(call, 4, "write")
    let agent = try object.demandAgent()
    let request = Supervisor.sync { agent.put(.bytes(bytes), to: path) }
    return try call.wait(
      CommandWait(
        object, request.answer, purpose: purpose(path), timeout: timeout,
        onAbandon: { Supervisor.post { request.cancel() } }
      ) { _, _ in 0 })
  }

  /// `put(from, to)`: a host's file or folder into the guest.
  static func put(_ call: Call) throws(ScriptError) -> Int {
    let from = try pathArgument(call, 2, "put wants a path on the host")
    let to = try pathArgument(call, 3, "put wants a path in the guest")
    let timeout = try timeout(call, 4, "put")
    let object = of(call)
    let agent = try object.demandAgent()
    let items = try HostTree.items(of: from)
    let transfer = Supervisor.sync { TreeUpload(agent, items, from: from, to: to) }
    return try object.wait(for: transfer, call, purpose(to), timeout)
  }

  /// `get(from, to)`: a guest's file or folder onto the host.
  static func get(_ call: Call) throws(ScriptError) -> Int {
    let from = try pathArgument(call, 2, "get wants a path in the guest")
    let to = try pathArgument(call, 3, "get wants a path on the host")
    let timeout = try timeout(call, 4, "get")
    let object = of(call)
    let agent = try object.demandAgent()
    let transfer = Supervisor.sync { TreeDownload(agent, from: from, to: to) }
    return try object.wait(for: transfer, call, purpose(from), timeout)
  }

  private func wait(
    for transfer: Transfer, _ call: Call, _ purpose: String, _ timeout: Double?
  ) throws(ScriptError) -> Int {
    try call.wait(
      CommandWait(
        self, transfer.done, purpose: purpose, timeout: timeout,
        onAbandon: { Supervisor.post { transfer.cancel() } }
      ) { _, _ in 0 })
  }

  private static func timeout(_ call: Call, _ index: Int, _ function: String) throws(ScriptError)
    -> Double?
  {
    try Fields(call, index, of: function, known: ["timeout"]).seconds("timeout")
  }

  private static func shown(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
  private static func purpose(_ path: [UInt8]) -> String { "guest file '\(shown(path))'" }

  /// Any bytes but zero, as Linux takes them.
  private static func pathArgument(_ call: Call, _ index: Int, _ wanted: String)
    throws(ScriptError) -> [UInt8]
  {
    guard let bytes = call.bytes(index), !bytes.isEmpty else {
      throw .usage("\(wanted), got \(try call.value(index).shown)")
    }
    guard !bytes.contains(0), bytes.count < 4096 else {
      throw .usage(
        "\(wanted) of less than 4096 bytes without zero bytes, got \(try call.value(index).shown)")
    }
    return bytes
  }
}
