import Events
import Glibc
import Processes
import Synchronization
import Testing

@testable import Guests

/// The cache's ways, with a kernel that is none: what is in it does not matter here.
@Suite struct CacheTests {
  final class Fixture {
    let folder = "/tmp/vmscript-test-cache-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    var kernel: String { "\(folder)/some-kernel" }
    var cache: GuestCache { GuestCache(folder: "\(folder)/guest", kernel: kernel) }
    let said = Said()

    init() throws {
      try Files.makeFolder(folder)
      try Files.write([1, 2, 3], to: kernel)
    }
    deinit { Files.remove(folder) }

    func prepare() throws -> GuestImage {
      try GuestImage.prepare(kernel: kernel, cache: cache, progress: said.say)
    }
  }

  final class Said: Sendable {
    private let texts = Mutex<[String]>([])
    func say(_ text: String) { texts.withLock { $0.append(text) } }
    func count(_ part: String) -> Int {
      texts.withLock { $0.filter { $0.contains(part) }.count }
    }
  }

  @Test func madeOnceAndThenFound() throws {
    let fixture = try Fixture()
    let first = try fixture.prepare()
    #expect(try Files.read(first.kernel) == [1, 2, 3])
    #expect(try Files.read(first.initramfs).starts(with: Array("070701".utf8)))
    let began = Instant.now
    for _ in 0..<100 { #expect(try fixture.prepare() == first) }
    let each = Instant.now.seconds(since: began) * 10
    print("finding a made image: \(each) ms")
    #expect(each < 5)
    #expect(fixture.said.count("once") == 1)
  }

  @Test func remadeWhenItsKernelChanges() throws {
    let fixture = try Fixture()
    let first = try fixture.prepare()
    try Files.write([4, 5, 6, 7], to: fixture.kernel)
    let second = try fixture.prepare()
    #expect(second != first)
    #expect(try Files.read(second.kernel) == [4, 5, 6, 7])
    // Somebody may be booting it.
    #expect(Files.exists(first.kernel))
  }

  @Test func remadeWhenSomebodyRemovedIt() throws {
    let fixture = try Fixture()
    let first = try fixture.prepare()
    unlink(first.initramfs)
    #expect(try fixture.prepare() == first)
    #expect(Files.exists(first.initramfs))
  }

  @Test func whatADeadMakerLeftIsRemoved() throws {
    let fixture = try Fixture()
    let rest = "\(fixture.cache.folder)/building-1"
    try Files.makeFolder(rest)
    try Files.write([1], to: "\(rest)/kernel")
    _ = try fixture.prepare()
    #expect(!Files.exists(rest))
    #expect(!Folder.names(in: fixture.cache.folder).contains { $0.hasPrefix("building-") })
  }

  @Test func twoAtOnceMakeOne() throws {
    let fixture = try Fixture()
    let images = Mutex<[GuestImage]>([])
    let baton = Baton()
    let (kernel, cache, said) = (fixture.kernel, fixture.cache, fixture.said)
    // Other processes in truth; flock(2) holds between open files, so that threads do.
    for _ in 0..<4 {
      DetachedThread.run {
        let image = try? GuestImage.prepare(kernel: kernel, cache: cache, progress: said.say)
        images.withLock { $0 += image.map { [$0] } ?? [] }
        baton.pass()
      }
    }
    for _ in 0..<4 { baton.take() }
    #expect(images.withLock { $0.count == 4 && Set($0).count == 1 })
    #expect(said.count("once") == 1)
  }

  @Test func keptWhenANewerIsNotToBeHad() throws {
    let fixture = try Fixture()
    let cache = GuestCache(folder: "\(fixture.folder)/guest", kernel: nil)
    let offline: GuestImage.Finder = { _, _ throws(GuestError) in
      throw GuestError(.missing, "no network")
    }
    #expect(throws: GuestError(.missing, "no network")) {
      try GuestImage.prepare(kernel: nil, cache: cache, find: offline) { _ in }
    }
    let kernel = fixture.kernel
    let online: GuestImage.Finder = { _, folder throws(GuestError) in
      try GuestParts.find(kernel: kernel, folder: folder)
    }
    let first = try GuestImage.prepare(kernel: nil, cache: cache, find: online) { _ in }
    let index = "\(cache.folder)/index-\(cache.key)"
    let name = first.kernel.split(separator: "/").dropLast().last!
    try Files.write(Array("\(name)\n\nlong ago\n".utf8), to: index)
    for _ in 0..<2 {
      let again = try GuestImage.prepare(
        kernel: nil, cache: cache, find: offline, progress: fixture.said.say)
      #expect(again == first)
    }
    #expect(fixture.said.count("stays as it was: no network") == 1)
  }

  @Test func aKernelThatIsNotThere() {
    #expect(throws: GuestError.self) { try GuestImage.prepare(kernel: "/nonesuch/vmlinuz") }
  }
}
