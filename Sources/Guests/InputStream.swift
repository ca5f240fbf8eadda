import Events

/// Bytes on their way into the guest, no more of them at once than the agent has room for.
@Supervisor final class InputStream {
  private var queue: [ArraySlice<UInt8>] = []
  private var credit = Frame.inputWindow
  private var isClosed = false
  private var isCloseSent = false
  private var isOpen = false
  private weak var client: AgentClient?
  private let request: UInt32
  /// Asked for at most so many bytes when there is room for them; nil is the end.
  private let supply: ((Int) -> [UInt8]?)?
  /// Told how many bytes have just gone.
  var onSent: (Int) -> Void = { _ in }

  init(client: AgentClient, request: UInt32, supply: ((Int) -> [UInt8]?)? = nil) {
    self.client = client
    self.request = request
    self.supply = supply
  }

  /// Bytes not sent yet.
  var pending: Int { queue.reduce(0) { $0 + $1.count } }

  func write(_ bytes: [UInt8]) {
    guard !isClosed, !bytes.isEmpty else { return }
    queue.append(bytes[...])
    pump()
  }

  func close() {
    isClosed = true
    pump()
  }

  /// The request has been sent.
  func open() {
    isOpen = true
    pump()
  }

  func grant(_ bytes: Int) {
    credit = min(Frame.inputWindow, credit + max(0, bytes))
    pump()
  }

  private func pump() {
    guard isOpen, !isCloseSent, let client else { return }
    while let first = next() {
      let part = first.prefix(Frame.chunk)
      // Whole frames only: what credit is left over would make ever smaller ones.
      guard part.count <= credit else { break }
      credit -= part.count
      if part.count == first.count {
        queue.removeFirst()
      } else {
        queue[0] = first.dropFirst(part.count)
      }
      client.send(.data, request, body: part)
      onSent(part.count)
    }
    if isClosed && queue.isEmpty {
      isCloseSent = true
      client.send(.close, request, body: EmptyCollection())
    }
  }

  private func next() -> ArraySlice<UInt8>? {
    if queue.isEmpty, !isClosed, let supply {
      if let bytes = supply(Frame.chunk) { queue.append(bytes[...]) } else { isClosed = true }
    }
    return queue.first
  }
}
