import Events
import Glibc
import Testing

@testable import Processes

@Suite struct LockedDirectoryTests {
  @Test func onlyTheDeadAreRemoved() throws {
    let scratch = Scratch()
    let directory = try #require(try LockedDirectory(parent: scratch.path, name: "a"))
    #expect(try LockedDirectory(parent: scratch.path, name: "a") == nil, "the name is taken")
    #expect(!LockedDirectory.removeIfDead(directory.path))
    directory.unlock()
    #expect(LockedDirectory.removeIfDead(directory.path))
    #expect(Folder.names(in: scratch.path) == [])
    #expect(!LockedDirectory.removeIfDead(directory.path))
  }

  /// A cleaner that never rests is at the very name that is being made: what was made stays.
  @Test func makersWinAgainstCleaners() async throws {
    let scratch = Scratch()
    let path = scratch.path
    let next = Event("0")
    @Sendable func clean() async {
      while let name = next.value { LockedDirectory.removeIfDead(path + "/" + name) }
    }
    async let cleaner: Void = clean()
    async let second: Void = clean()
    var made = 0
    var lost = 0
    for number in 0..<4000 {
      next.set("\(number)")
      guard let directory = try LockedDirectory(parent: path, name: "\(number)") else { continue }
      made += 1
      for _ in 0..<5 where Folder.names(in: directory.path) != ["lock"] { lost += 1 }
      directory.unlock()
    }
    next.clear()
    await cleaner
    await second
    #expect(made > 0)
    #expect(lost == 0)
  }

  @Test func linksAreNotFollowed() throws {
    let scratch = Scratch()
    let outside = Scratch()
    try Folder.make(outside.path + "/precious")
    try Folder.make(scratch.path + "/tree/sub")
    symlink(outside.path, scratch.path + "/tree/sub/link")
    for index in 0..<500 {
      _ = try Descriptor.open(scratch.path + "/tree/sub/\(index)", O_WRONLY | O_CREAT)
    }
    try Folder.remove(scratch.path + "/tree")
    #expect(Folder.names(in: scratch.path) == [])
    #expect(Folder.names(in: outside.path) == ["precious"])
    symlink(outside.path, scratch.path + "/link")
    #expect(!LockedDirectory.removeIfDead(scratch.path + "/link"))
    try Folder.remove(scratch.path + "/link")
    try Folder.remove(scratch.path + "/link")
    #expect(Folder.names(in: outside.path) == ["precious"])
  }
}
