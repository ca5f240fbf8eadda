#if GRPC
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import NIOCore
  import NIOPosix

  /// Connections to one server, made and made again as calls need them.
  final class ServerChannel: Sendable {
    let transport: HTTP2ClientTransport.Posix

    init(
      _ address: String, _ port: Int, _ loop: any EventLoop, _ executor: LoopExecutor
    ) throws {
      var config = HTTP2ClientTransport.Posix.Config.defaults
      // A guest that boots is asked again soon; gRPC's two minutes are for servers far away.
      config.backoff = .init(
        initial: .milliseconds(50), max: .milliseconds(500), multiplier: 1.6, jitter: 0.2)
      // Waiting for more to send costs each call alone 0.1 ms.
      config.connection.flushCoalescing = nil
      config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(PingAnswerer(), position: .first)
        }
      }
      let transport = try HTTP2ClientTransport.Posix(
        target: .ipv4(address: address, port: port), transportSecurity: .plaintext,
        config: config, eventLoopGroup: loop)
      self.transport = transport
      Task(executorPreference: executor) { try await transport.connect() }
    }
  }
#endif
