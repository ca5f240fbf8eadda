import Events

/// Reads a pipe that a child writes to, so that the child never waits for us.
@Supervisor final class OutputDrain {
  private let pipe: DescriptorBox
  private let file: DescriptorBox?
  private let tail: OutputTail
  private var watch: Watch?

  /// `file` gets a copy, as far as it takes one.
  init(pipe: DescriptorBox, file: DescriptorBox?, tail: OutputTail) {
    self.pipe = pipe
    self.file = file
    self.tail = tail
  }

  func start() {
    watch = Watch(pipe.number) { [weak self] _ in
      guard let self else { return }
      if readOnce() == .end { close() }
    }
  }

  /// Takes what is in the pipe and closes it, whoever else still has its other end. It holds no
  /// more than a pipe can (1 MiB, pipe(7)), though somebody may fill it as fast as we read.
  func finish() {
    var total = 0
    while total < 1 << 20, case .bytes(let count) = readOnce() { total += count }
    close()
  }

  private enum Outcome: Equatable {
    case bytes(Int)
    case nothing, end
  }

  private func readOnce() -> Outcome {
    let read = Result { () throws(ProcessError) in
      try pipe.use { pipe throws(ProcessError) in try pipe.read(upTo: 64 * 1024) }
    }
    guard case .success(.some(let answer)) = read else { return .end }
    guard let bytes = answer else { return .nothing }
    if bytes.isEmpty { return .end }
    tail.append(bytes)
    // A full disk must not end the run: the last lines are kept in memory anyway.
    _ = file?.use { file in try? file.writeAll(bytes) }
    return .bytes(bytes.count)
  }

  private func close() {
    watch?.cancel()
    watch = nil
    pipe.close()
    file?.close()
  }
}
