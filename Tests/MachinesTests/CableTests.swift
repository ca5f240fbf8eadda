import Events
import Glibc
import Processes
import Testing

@testable import Machines

@Suite(.serialized) @Supervisor struct CableTests {
  let scratch = Scratch()

  /// A machine whose cables meet in one hub: traffic without a guest. With QEMU's own user-mode
  /// network on the hub too, its router answers for 10.0.2.2.
  private func hub(_ name: String, _ ends: [CableEnd], hasRouter: Bool = true) throws -> Machine {
    var specification = try MachineSpecification.booting(
      name, "up\n", then: BootSector.halt, in: scratch)
    var arguments: [RawArgument] = []
    for (index, end) in ends.enumerated() {
      let table = OptionTable(
        positions: [.text("dgram")],
        keys: [
          ("id", .text("wire\(index)")), ("local.type", .text("fd")),
          ("local.str", .resource(.cable(end))),
        ])
      arguments += [.text("-netdev"), .options(table)]
      arguments += [.text("-netdev"), .text("hubport,id=h\(index),hubid=0,netdev=wire\(index)")]
    }
    if hasRouter {
      arguments += [.text("-netdev"), .text("user,id=u,restrict=on")]
      arguments += [.text("-netdev"), .text("hubport,id=hu,hubid=0,netdev=u")]
    }
    specification.extraArguments = arguments
    return try Machine(
      specification, host: tcg, directory: "\(scratch.path)/\(name)",
      temporaryDirectory: scratch.path)
  }

  /// Who has 10.0.2.2? Asked by 10.0.2.15.
  static let question: [UInt8] =
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
    + [2, 0, 0, 0, 0, 9, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2]
    + [UInt8](repeating: 0, count: 18)

  /// Whether the router answers within some seconds.
  private func answers(_ end: CableEnd, seconds: Double = 5) async throws -> Bool {
    let deadline = Deadline.after(seconds)
    while try !end.read().isEmpty {}
    while !deadline.hasPassed {
      end.readable.clear()
      try end.write(Self.question)
      _ = await end.readable.wait(until: .after(0.1))
      while true {
        let frame = try end.read()
        if frame.isEmpty { break }
        if frame.count >= 42, frame[12] == 8, frame[13] == 6, frame[21] == 2 { return true }
      }
    }
    return false
  }

  @Test func framesReachAMachineAndItsSuccessor() async throws {
    let cable = Cable(name: "c")
    #expect(throws: MachineError.self) { try cable.left.write([1]) }
    let machine = try hub("r", [cable.right])
    for _ in 0..<2 {
      try machine.start()
      #expect(cable.right.holder == "r" && cable.left.kind == .frames)
      #expect(try await answers(cable.left))
      #expect(throws: MachineError.self) { try cable.right.read() }
      await machine.kill()
      #expect(cable.right.holder == nil)
      // Nobody there: frames go nowhere, and do not arrive late.
      for _ in 0..<1000 { try cable.left.write(Self.question) }
      #expect(try !(await answers(cable.left, seconds: 0.2)))
    }
    let other = try hub("s", [cable.right])
    try other.start()
    #expect(try await answers(cable.left))
    #expect(throws: MachineError.self) { try cable.left.write([]) }
    #expect(throws: MachineError.self) { try machine.start() }
    #expect(!machine.isRunning)
    await other.kill()
  }

  /// The script's cable leads to one machine, and from there the pulled one to the router.
  @Test func pullingTheCable() async throws {
    let (mine, pulled) = (Cable(name: "mine"), Cable(name: "pulled"))
    let near = try hub("near", [mine.right, pulled.left], hasRouter: false)
    let far = try hub("far", [pulled.right])
    await #expect(throws: MachineError.self) { try await pulled.left.unplug() }
    try near.start()
    try far.start()
    #expect(try await answers(mine.left, seconds: 30))
    try await pulled.left.unplug()
    #expect(try !(await answers(mine.left, seconds: 0.5)))
    try await pulled.right.plug()
    #expect(try await answers(mine.left))
    // Pulled while one is not there, and before the other is up.
    await far.kill()
    try await pulled.right.unplug()
    try far.start()
    #expect(await far.connected.wait(until: .after(30)) == true)
    #expect(try !(await answers(mine.left, seconds: 0.5)))
    try await pulled.left.plug()
    #expect(try await answers(mine.left))
    for machine in [near, far] { await machine.kill() }
  }

  @Test func bytesBothWaysOverASerialPort() async throws {
    let cable = Cable(name: "s")
    var specification = try MachineSpecification.booting(
      "serial", "line one\nready> ", then: BootSector.echo, in: scratch)
    specification.serial = .cable(cable.right)
    let machine = try Machine(
      specification, host: tcg, directory: "\(scratch.path)/serial",
      temporaryDirectory: scratch.path)
    try machine.start()
    let deadline = Deadline.after(60)
    var lines: [String] = []
    var isAsked = false
    while !cable.left.hasEnded, !deadline.hasPassed {
      while let line = try cable.left.readLine() { lines.append(Console.sanitised(line)) }
      if !isAsked, lines.contains("line one") {
        isAsked = true
        try cable.left.write(Array("xyz\nq".utf8))
      }
      cable.left.readable.clear()
      _ = await cable.left.readable.wait(until: .after(0.5))
    }
    #expect(lines.suffix(2) == ["ready> xyz", "q"])
    #expect(machine.console.lastLines().map(\.text).suffix(2) == ["ready> xyz", "q"])
    #expect(throws: MachineError.self) { try cable.left.write([1]) }
    var wrong = MachineSpecification.small("wrong")
    wrong.interfaces = [.init(cable.right)]
    let other = try Machine(wrong, host: tcg, directory: "\(scratch.path)/wrong")
    do throws(MachineError) {
      try other.start()
      Issue.record("a serial cable carried frames")
    } catch {
      #expect(error.message.contains("cannot carry frames"))
    }
  }

  @Test func queuesKeepOrder() {
    var bytes = ByteQueue()
    var lines: [[UInt8]] = []
    for index in 0..<1000 {
      bytes.append(Array("line \(index)".utf8))
      if index % 3 == 1 { #expect(bytes.takeLine(evenUnfinished: false) == nil) }
      bytes.append([0x0a])
      if index % 3 == 0 {
        while let line = bytes.takeLine(evenUnfinished: false) { lines.append(line) }
      }
    }
    while let line = bytes.takeLine(evenUnfinished: false) { lines.append(line) }
    #expect(lines == (0..<1000).map { Array("line \($0)".utf8) })
    bytes.append([1, 2, 3])
    #expect(bytes.take(2) == [1, 2])
    #expect(bytes.takeLine(evenUnfinished: true) == [3])
    #expect(bytes.takeLine(evenUnfinished: true) == nil)
    var frames = FrameQueue()
    for index in 0..<100 { frames.append([UInt8(index)]) }
    #expect((0..<100).map { _ in frames.take() } == (0..<100).map { [UInt8($0)] })
    #expect(frames.take().isEmpty && frames.byteCount == 0)
  }
}
