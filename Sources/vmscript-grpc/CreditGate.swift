#if GRPC
  import CallFrames
  import Synchronization

  /// Lets messages of a call through as long as vmscript takes them.
  final class CreditGate: Sendable {
    private struct State {
      var available = CallFrame.initialCredit
      var isCancelled = false
      var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    /// Waits until there is credit, and uses it. One task waits at a time.
    func pass(_ count: Int) async {
      let isOpen = state.withLock { state in
        guard state.available > 0 else { return false }
        state.available -= count
        return true
      }
      if isOpen { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isOpen = state.withLock { state in
            if state.available > 0 || state.isCancelled { return true }
            state.waiter = continuation
            return false
          }
          if isOpen { continuation.resume() }
        }
      } onCancel: {
        wake { $0.isCancelled = true }
      }
      state.withLock { $0.available -= count }
    }

    func add(_ credit: Int) { wake { $0.available += credit } }

    private func wake(_ change: (inout State) -> Void) {
      let waiter = state.withLock { state in
        change(&state)
        guard state.available > 0 || state.isCancelled else {
          return nil as CheckedContinuation<Void, Never>?
        }
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
#endif
