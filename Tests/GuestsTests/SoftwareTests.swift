import Glibc
import Processes
import Testing

@testable import Guests

/// What is put into a guest beside what all have; the machines that boot it are in Tests/Scripts.
@Suite struct SoftwareTests {
  private func software(_ files: [String: String] = [:], users: [String] = []) -> GuestSoftware {
    var software = GuestSoftware()
    software.files = files.mapValues { PlacedFile(bytes: Array($0.utf8), mode: 0o644) }
    software.users = users
    return software
  }

  private func prepare(
    _ fixture: CacheTests.Fixture, _ software: GuestSoftware
  ) throws -> (base: GuestImage, image: GuestImage) {
    let base = try fixture.prepare()
    let cache = GuestCache(
      folder: fixture.cache.folder, kernel: fixture.kernel, software: software)
    let image = try GuestImage.prepare(
      base, with: software, cache: cache, progress: fixture.said.say)
    return (base, image)
  }

  @Test func madeOnceOverTheBase() throws {
    let fixture = try CacheTests.Fixture()
    let (base, image) = try prepare(fixture, software(["/usr/bin/x": "some text"]))
    let (plain, more) = (try Files.read(base.initramfs), try Files.read(image.initramfs))
    #expect(more.starts(with: plain) && more.count > plain.count)
    let text = String(decoding: more[plain.count...], as: UTF8.self)
    #expect(text.contains("bin/x\0") && !text.contains("usr/bin/x\0"))
    #expect(text.contains("some text"))
    #expect(Files.stamp(image.kernel) == Files.stamp(base.kernel), "a hard link")
    #expect(try prepare(fixture, software(["/usr/bin/x": "some text"])).image == image)
    #expect(fixture.said.count("a guest with files of its own, once") == 1)
    #expect(try prepare(fixture, software(["/usr/bin/x": "other"])).image != image)
  }

  @Test func remadeWhenItsBaseChanges() throws {
    let fixture = try CacheTests.Fixture()
    let first = try prepare(fixture, software(users: ["a"])).image
    try Files.write([4, 5, 6, 7], to: fixture.kernel)
    let second = try prepare(fixture, software(users: ["a"])).image
    #expect(second != first)
    #expect(try Files.read(second.kernel) == [4, 5, 6, 7])
  }

  @Test func indicesThatNobodyAsksForGo() throws {
    let fixture = try CacheTests.Fixture()
    let cache = GuestCache(folder: fixture.cache.folder, kernel: nil)
    _ = try prepare(fixture, software(users: ["a"]))
    let names = { Folder.names(in: cache.folder).filter { $0.hasPrefix("index-") } }
    #expect(names().count == 2)
    for name in names() {
      let old = timespec(tv_sec: time(nil) - 31 * 24 * 3600, tv_nsec: 0)
      _ = [old, old].withUnsafeBufferPointer {
        utimensat(AT_FDCWD, "\(cache.folder)/\(name)", $0.baseAddress, 0)
      }
    }
    // The base's is asked for here, and stays.
    _ = try fixture.prepare()
    cache.clean()
    #expect(names() == ["index-\(fixture.cache.key)"])
  }

  @Test func modulesWantTheDistributionsKernel() throws {
    let fixture = try CacheTests.Fixture()
    var software = GuestSoftware()
    software.modules = ["bridge"]
    #expect(throws: GuestError.self) { try prepare(fixture, software) }
    #expect(!Folder.names(in: fixture.cache.folder).contains { $0.hasPrefix("building-") })
  }

  @Test func eachPathHasOnePlace() {
    for (path, place) in [
      ("usr/bin/ip", "bin/ip"), ("sbin/ip", "bin/ip"), ("usr/sbin", "bin"), ("usr", "usr"),
      ("usr/lib/x86_64-linux-gnu/libc.so.6", "lib/x86_64-linux-gnu/libc.so.6"),
      ("usr/lib64/ld.so", "lib64/ld.so"), ("usr/share/x", "usr/share/x"), ("etc/x", "etc/x"),
    ] {
      #expect(SoftwareBuilder.place(path) == place)
    }
    for (target, path, result) in [
      ("libx.so.1.2", "usr/lib/libx.so", "libx.so.1.2"), ("/bin/ip", "sbin/ip", "/bin/ip"),
      ("../share/x", "usr/lib/x", "/usr/share/x"), ("../../../../x", "usr/lib/x", "/x"),
    ] {
      #expect(SoftwareBuilder.target(target, of: path) == result)
    }
  }

  @Test func moduleFilesThatAreNone() {
    var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 124)
    #expect(KernelModules.needs(of: []) == [])
    #expect(KernelModules.needs(of: header) == [])
    for _ in 0..<2000 {
      for index in 4..<header.count { header[index] = UInt8.random(in: 0...255) }
      // A table of sections that is inside, with what may not be.
      header.replaceSubrange(0x28..<0x30, with: [64, 0, 0, 0, 0, 0, 0, 0])
      header.replaceSubrange(0x3C..<0x40, with: [1, 0, 0, 0])
      _ = KernelModules.needs(of: header)
    }
  }

  @Test func packagesComeWithWhatTheyNeed() throws {
    let folder = "/tmp/vmscript-test-apt-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try Files.makeFolder(folder)
    defer { Files.remove(folder) }
    let names = Set(try AptResolver(folder: folder).resolve(["redis-server"]).map(\.name))
    #expect(names.isSuperset(of: ["redis-server", "redis-tools", "libc6", "libssl3"]))
    // apt would put these in; nothing needs them here.
    #expect(names.isDisjoint(with: ["adduser", "debconf", "dpkg", "perl-base", "passwd"]))
  }
}
