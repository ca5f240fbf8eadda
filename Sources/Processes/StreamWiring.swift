import Events
import Glibc

/// The three standard streams of a child that is about to be launched.
@Supervisor struct StreamWiring {
  /// The descriptors, in this process, that become 0, 1 and 2.
  private(set) var numbers: [Int32] = []
  /// What is closed here when the child has its copies.
  private var opened: [DescriptorBox] = []
  /// One for each place that is drained: both streams captured share one, and keep their order.
  private(set) var drains: [OutputDrain] = []
  private var writers: [Command.Stream: Int32] = [:]

  init(
    _ command: Command, descriptors: [String: DescriptorBox], tail: OutputTail
  ) throws(ProcessError) {
    numbers.append(try input(command.standardInput, descriptors: descriptors))
    for (stream, own) in [(command.standardOutput, Int32(1)), (command.standardError, 2)] {
      numbers.append(try output(stream, own: own, descriptors: descriptors, tail: tail))
    }
  }

  /// Closes what only the child needs.
  consuming func finish() { for box in opened { box.close() } }

  private mutating func input(
    _ stream: Command.Stream, descriptors: [String: DescriptorBox]
  ) throws(ProcessError) -> Int32 {
    switch stream {
    case .inherited: 0
    case .null, .captured: hold(try Descriptor.open("/dev/null", O_RDONLY))
    case .file(let path): hold(try Descriptor.open(path, O_RDONLY))
    case .descriptor(let name): descriptors[name]!.number
    }
  }

  private mutating func output(
    _ stream: Command.Stream, own: Int32, descriptors: [String: DescriptorBox],
    tail: OutputTail
  ) throws(ProcessError) -> Int32 {
    switch stream {
    case .inherited: return own
    case .null: return hold(try Descriptor.open("/dev/null", O_WRONLY))
    case .descriptor(let name): return descriptors[name]!.number
    case .captured, .file:
      if let writer = writers[stream] { return writer }
      var file: DescriptorBox?
      if case .file(let path) = stream {
        file = DescriptorBox(try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND))
      }
      let (reader, writer) = try Descriptor.pipe().split()
      _ = try reader.use { pipe throws(ProcessError) in try pipe.setNonblocking() }
      drains.append(OutputDrain(pipe: reader, file: file, tail: tail))
      opened.append(writer)
      writers[stream] = writer.number
      return writer.number
    }
  }

  private mutating func hold(_ descriptor: consuming Descriptor) -> Int32 {
    let box = DescriptorBox(descriptor)
    opened.append(box)
    return box.number
  }
}
