#if GRPC
  import CallFrames
  import GRPCCore
  import Glibc
  import NIOCore

  extension Metadata {
    /// With the header by which a server learns of the call's deadline.
    init(_ metadata: CallMetadata, timeout milliseconds: UInt32) {
      self.init()
      for entry in metadata.entries {
        if entry.name.hasSuffix("-bin") {
          addBinary(entry.value, forKey: entry.name)
        } else {
          addString(String(decoding: entry.value, as: UTF8.self), forKey: entry.name)
        }
      }
      // At most eight digits.
      if milliseconds > 99_999_999 {
        addString("\(milliseconds / 1000)S", forKey: "grpc-timeout")
      } else if milliseconds > 0 {
        addString("\(milliseconds)m", forKey: "grpc-timeout")
      }
    }
  }

  extension CallRequest {
    /// Of one message it is known that the end comes next: both go in one packet.
    var type: MethodDescriptor.RPCType {
      if message == nil { return .bidirectionalStreaming }
      return isSingleReply ? .unary : .serverStreaming
    }
  }

  extension CallMetadata {
    init(_ metadata: Metadata) {
      self.init()
      for (name, value) in metadata {
        switch value {
        case .binary(let bytes): entries.append(Entry(name, bytes))
        case .string(let text):
          let bytes = name.hasSuffix("-bin") ? Metadata.decoded(text, name) : Array(text.utf8)
          entries.append(Entry(name, bytes))
        }
      }
    }
  }

  extension Metadata {
    /// Bytes come from the wire as Base64.
    fileprivate static func decoded(_ text: String, _ name: String) -> [UInt8] {
      let metadata: Metadata = [name: .string(text)]
      return metadata[binaryValues: name].first { _ in true } ?? []
    }
  }

  extension CallEnd {
    /// What kept a call from getting a status.
    init(explaining error: any Error) {
      guard let error = error as? RPCError else {
        self.init(code: error is CancellationError ? 1 : 14, message: "\(error)")
        return
      }
      // The reason says more than what followed from it.
      let reason = error.cause.map { Self.words($0) }
      self.init(
        code: error.code.rawValue, message: reason ?? error.message,
        trailers: CallMetadata(error.metadata))
    }

    private static func words(_ error: any Error) -> String {
      if let error = error as? RPCError { return error.cause.map(words) ?? error.message }
      if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
      return "\(error)"
    }
  }
#endif
