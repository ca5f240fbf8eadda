import Glibc
import Processes
import Testing

@testable import Record

@Suite final class RunRecordTests {
  let base = "/tmp/record-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  var parent: String { base + "/state/runs" }

  deinit { try? Folder.remove(base) }

  private func record(_ name: String = "test.lua") -> RunRecord {
    RunRecord(scriptName: name, parent: parent)
  }

  @Test func nothingIsMadeBeforeItIsNeeded() {
    let record = record()
    #expect(record.path == nil)
    #expect(Folder.names(in: base).isEmpty)
  }

  @Test func nameTellsTimeAndScript() throws {
    let path = try record("/some/where/net split.lua").directory()
    let name = String(path.dropFirst(parent.count + 1))
    #expect(path.hasPrefix(parent + "/"))
    #expect(name.wholeMatch(of: /\d{8}T\d{6}Z-net_split-\d+/) != nil, "\(name)")
  }

  @Test func directoriesOfMachines() throws {
    let record = record()
    let root = try record.directory()
    #expect(try record.directory(for: "node") == root + "/node")
    #expect(try record.directory(for: "node") == root + "/node")
    #expect(try record.directory(for: "../x/y") == root + "/_._x_y")
    #expect(try record.directory(for: "../x?y") == root + "/_._x_y-2")
    #expect(try record.directory(for: "") == root + "/_")
    #expect(try record.directory(for: "lock") == root + "/lock-2", "a name of the record's own")
  }

  @Test func linesAreAppended() throws {
    let record = record()
    try record.append("one")
    try record.append("two")
    let log = try Descriptor.open(record.directory() + "/run.log", O_RDONLY)
    #expect(try log.read(upTo: 100).map { String(decoding: $0, as: UTF8.self) } == "one\ntwo\n")
  }

  @Test func twentyAreKeptAndTheLivingToo() throws {
    try Folder.make(parent)
    let living = try #require(
      try LockedDirectory(parent: parent, name: "20200101T000000Z-living-1"))
    for index in 10..<35 {
      let name = "202101\(index)T000000Z-old-1"
      try #require(try LockedDirectory(parent: parent, name: name)).unlock()
    }
    try #require(try LockedDirectory(parent: parent, name: "doomed-x")).unlock()
    try Folder.make(parent + "/not a record")
    let mine = try record().directory()
    let names = Folder.names(in: parent)
    let old = names.filter { $0.contains("-old-") }
    #expect(old.count == 19)
    #expect(old.first == "20210116T000000Z-old-1")
    #expect(names.contains("20200101T000000Z-living-1"))
    #expect(names.contains("not a record"))
    #expect(names.contains(String(mine.dropFirst(parent.count + 1))))
    #expect(names.count == 22)
    living.unlock()
  }

  @Test func unusableStateDirectory() throws {
    try Folder.make(base)
    _ = try Descriptor.open(base + "/state", O_WRONLY | O_CREAT)
    let error = #expect(throws: RecordError.self) { try record().append("line") }
    #expect(
      error?.message
        == "this run's logs cannot be kept: cannot make \(base)/state/runs: Not a directory; "
        + "XDG_STATE_HOME can name another place")
  }
}
