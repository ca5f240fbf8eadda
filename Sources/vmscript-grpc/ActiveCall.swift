#if GRPC
  import CallFrames
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import Synchronization

  /// A call that is being made: bytes go to the server and come back, which this program does not
  /// look into.
  final class ActiveCall: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix
    /// What vmscript sends; bounded by its credit.
    let requests: AsyncStream<[UInt8]>.Continuation
    let gate = CreditGate()
    private let incoming: AsyncStream<[UInt8]>
    private let number: UInt32
    private let request: CallRequest
    private let outbox: Outbox
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ number: UInt32, _ request: CallRequest, _ outbox: Outbox) {
      self.number = number
      self.request = request
      self.outbox = outbox
      (incoming, requests) = AsyncStream.makeStream()
    }

    func start(on channel: ServerChannel, _ executor: LoopExecutor, _ calls: CallTable) {
      let work = Task(executorPreference: executor) { [self] in
        do {
          try await run(channel.transport)
        } catch {
          end(.init(explaining: error))
        }
        calls[number] = nil
      }
      task.withLock { $0 = work }
    }

    func cancel() { task.withLock { $0 }?.cancel() }

    private func end(_ end: CallEnd) { outbox.send(CallFrame(.end, number, end.encoded)) }

    private func run(_ transport: Transport) async throws {
      var options = CallOptions.defaults
      options.maxResponseMessageBytes = Int(request.messageLimit)
      // It is this one that grpc-swift-nio-transport 2.9 holds what comes against.
      options.maxRequestMessageBytes = Int(request.messageLimit)
      let method = MethodDescriptor(
        fullyQualifiedService: request.service, method: request.method, type: request.type)
      let metadata = Metadata(request.metadata, timeout: request.timeout)
      try await transport.withStream(descriptor: method, options: options) { stream, _ in
        if let message = request.message {
          try await stream.outbound.write(contentsOf: [
            .metadata(metadata), .message(GRPCNIOTransportBytes(message)),
          ])
          await stream.outbound.finish()
          return try await receive(stream.inbound)
        }
        try await withThrowingDiscardingTaskGroup { group in
          group.addTask { await self.send(metadata, to: stream.outbound) }
          try await receive(stream.inbound)
          group.cancelAll()
        }
      }
    }

    /// Writes fail when the call has ended; what is received says how.
    private func send(_ metadata: Metadata, to outbound: Transport.Outbound) async {
      do {
        try await outbound.write(.metadata(metadata))
        for await message in incoming {
          try await outbound.write(.message(GRPCNIOTransportBytes(message)))
          outbox.send(.credit(message.count, number))
        }
        if !Task.isCancelled { await outbound.finish() }
      } catch {}
    }

    private func receive(_ inbound: Transport.Inbound) async throws {
      // Of a single reply all goes in one piece.
      var held: [CallFrame] = []
      for try await part in inbound {
        switch part {
        case .metadata(let metadata):
          held.append(CallFrame(.metadata, number, CallMetadata(metadata).encoded))
        case .message(let bytes):
          let body = bytes.withUnsafeBytes { Array($0) }
          await gate.pass(body.count)
          held.append(CallFrame(.message, number, body))
        case .status(let status, let trailers):
          let end = CallEnd(
            code: status.code.rawValue, message: status.message,
            trailers: CallMetadata(trailers))
          held.append(CallFrame(.end, number, end.encoded))
          outbox.send(held)
          return
        }
        if !request.isSingleReply {
          outbox.send(held)
          held = []
        }
      }
      throw RPCError(code: .unavailable, message: "the connection was lost")
    }
  }
#endif
