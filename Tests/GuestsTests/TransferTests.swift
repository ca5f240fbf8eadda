import Events
import Glibc
import Testing

@testable import Guests

/// What a guest that lies can do to who fetches its folders: nothing outside of the target.
@Suite struct TransferTests {
  /// A folder of the test's own, with `to` in it to fetch into.
  private final class Place {
    let path: String

    init() {
      var template = Array("/tmp/vmscript-transfer-XXXXXX".utf8CString)
      path = String(cString: mkdtemp(&template)!)
    }

    deinit { Files.remove(path) }

    var names: [String] {
      guard let folder = opendir(path) else { return [] }
      defer { closedir(folder) }
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
      }
      return names
    }
  }

  private func fetch(
    _ from: String = "/from", into path: String, _ list: @escaping @Sendable (String) -> [UInt8]
  ) throws -> Result<Void, AgentError>? {
    let guest = try HostileGuest(list: list)
    let transfer = Supervisor.sync {
      TreeDownload(guest.client, from: Array(from.utf8), to: Array(path.utf8))
    }
    let answer = transfer.done.block(until: .after(10))
    Supervisor.sync { guest.client.close() }
    return answer
  }

  @Test(arguments: [
    [HostileGuest.Entry.file("../x").bytes], [HostileGuest.Entry.file("/etc/x").bytes],
    [HostileGuest.Entry.file("a/../../x").bytes], [HostileGuest.Entry.folder("..").bytes],
    [HostileGuest.Entry.folder(".").bytes], [HostileGuest.Entry.file("").bytes],
    [HostileGuest.Entry.file("a\0b").bytes], [HostileGuest.Entry.link("a", "").bytes],
    [HostileGuest.Entry.file(String(repeating: "x", count: 300)).bytes],
    // A link, and through it.
    [HostileGuest.Entry.link("a", "..").bytes, HostileGuest.Entry.folder("a").bytes],
    // Cut off; a length beyond the end.
    [Array(HostileGuest.Entry.file("a").bytes.dropLast())], [[1, 2, 3]],
    [[0, 0x81, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]],
  ]) func namesThatLeadElsewhere(_ entries: [[UInt8]]) throws {
    let place = Place()
    guard
      case .failure(let error)? = try fetch(
        into: place.path + "/to", { _ in entries.flatMap(\.self) })
    else {
      Issue.record("it was fetched")
      return
    }
    #expect(error.kind == .untrusted, "\(error)")
    #expect(place.names.isEmpty)
  }

  @Test func foldersWithoutEnd() throws {
    let place = Place()
    let name = String(repeating: "d", count: 200)
    let answer = try fetch(into: place.path + "/to") { _ in HostileGuest.Entry.folder(name).bytes }
    guard case .failure(let error)? = answer else {
      Issue.record("it has an end")
      return
    }
    #expect(error.kind == .refused && error.code == ENAMETOOLONG, "\(error)")
    #expect(place.names.isEmpty)
  }

  @Test func modesAndLinksOfTheGuests() throws {
    let place = Place()
    let outside = place.path + "/outside"
    mkdir(outside, 0o755)
    let to = place.path + "/to"
    let first = try fetch(into: to) { path in
      path == "/from"
        ? HostileGuest.Entry.link("a", outside).bytes + HostileGuest.Entry.file("f").bytes : []
    }
    #expect((try first?.get()) != nil)
    var status = stat()
    #expect(lstat(to + "/f", &status) == 0 && status.st_mode & 0o7777 == 0o777, "no setuid")
    // The next time it is a folder, in the place of the link that came first.
    let second = try fetch("/from/.", into: to) { path in
      path == "/from/." ? HostileGuest.Entry.folder("a").bytes : HostileGuest.Entry.file("f").bytes
    }
    #expect(throws: AgentError.self) { try second?.get() }
    #expect(access(outside + "/f", F_OK) != 0)
  }
}
