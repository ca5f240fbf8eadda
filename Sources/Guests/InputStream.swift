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

  init(client: AgentClient, request: UInt32) {
    self.client = client
    self.request = request
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
    credit = min(Frame.inputWindow, credit + bytes)
    pump()
  }

  private func pump() {
    guard isOpen, !isCloseSent, let client else { return }
    while credit > 0, let first = queue.first {
      let part = first.prefix(min(Frame.chunk, credit))
      client.send(.data, request, body: part)
      credit -= part.count
      if part.count == first.count {
        queue.removeFirst()
      } else {
        queue[0] = first.dropFirst(part.count)
      }
    }
    if isClosed && queue.isEmpty {
      isCloseSent = true
      client.send(.close, request, body: EmptyCollection())
    }
  }
}
