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

  /// A cleaner that never rests beside a maker: what was made is there, whole and locked.
  @Test func makersWinAgainstCleaners() async throws {
    let scratch = Scratch()
    let path = scratch.path
    let done = Event<Bool>()
    @Sendable func clean() async {
      while done.value == nil {
        for name in Folder.names(in: path) { LockedDirectory.removeIfDead(path + "/" + name) }
      }
    }
    async let cleaner: Void = clean()
    var kept: [LockedDirectory] = []
    for number in 0..<1000 {
      if let made = try LockedDirectory(parent: path, name: "\(number)") { kept.append(made) }
    }
    done.set(true)
    await cleaner
    #expect(!kept.isEmpty)
    #expect(kept.allSatisfy { Folder.names(in: $0.path) == ["lock"] })
    let names = Folder.names(in: path).filter { !$0.hasPrefix(LockedDirectory.doomedPrefix) }
    #expect(names.count >= kept.count)
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
