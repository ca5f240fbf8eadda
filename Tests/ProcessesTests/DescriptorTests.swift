import Glibc
import Testing

@testable import Processes

@Suite struct DescriptorTests {
  /// Whether a peer sees that nobody has the other end: a number itself could be another's by now.
  /// A child that another test is starting has copies of all descriptors until it executes: the end
  /// is given a moment.
  private func isClosed(peer: DescriptorBox) throws -> Bool {
    _ = try peer.use { try $0.setNonblocking() }
    var state = pollfd(fd: peer.number, events: Int16(POLLIN), revents: 0)
    poll(&state, 1, 200)
    return try peer.use { try $0.read(upTo: 1) } == .some([])
  }

  @Test func closesItselfOnce() throws {
    let (one, other) = try Descriptor.pair().split()
    #expect(try !isClosed(peer: one))
    other.close()
    #expect(other.number == -1)
    #expect(try isClosed(peer: one))
    other.close()
    if other.take() != nil { Issue.record("it was closed") }
  }

  @Test func duplicateIsIndependent() throws {
    let (one, other) = try Descriptor.pair().split()
    let copy = DescriptorBox(try other.use { try $0.duplicate() }!)
    #expect(fcntl(copy.number, F_GETFD) & FD_CLOEXEC != 0)
    other.close()
    #expect(try !isClosed(peer: one))
    copy.close()
    #expect(try isClosed(peer: one))
  }

  @Test func releasedNumbersStayOpen() throws {
    let (one, other) = try Descriptor.pair().split()
    let number = other.take()!.release()
    #expect(try !isClosed(peer: one))
    close(number)
    #expect(try isClosed(peer: one))
  }

  @Test func datagramsKeepTheirBounds() throws {
    let (one, other) = try Descriptor.pair(.datagram).split()
    for text in ["ab", "c"] { _ = try one.use { try $0.write(text.utf8) } }
    #expect(try other.use { try $0.read(upTo: 10) } == Array("ab".utf8))
    #expect(try other.use { try $0.read(upTo: 10) } == Array("c".utf8))
  }

  @Test func fullPipeTakesNothing() throws {
    let (reader, writer) = try Descriptor.pipe().split()
    _ = try writer.use { try $0.setNonblocking() }
    var total = 0
    while let count = try writer.use({ try $0.write([UInt8](repeating: 7, count: 4096)) }),
      count > 0
    { total += count }
    #expect(total >= 4096)
    #expect(try reader.use { try $0.read(upTo: 10) }! == [UInt8](repeating: 7, count: 10))
  }
}
