import Events
import Synchronization
import Testing

@Suite struct SupervisorTests {
  struct Broken: Error, Equatable {}

  @Test func wakersAreCalledInTheOrderInWhichTheyCame() {
    let event = Event<Int>()
    let order = Mutex<[Int]>([])
    let subscriptions = (0..<100).map { number in
      event.subscribe { order.withLock { $0.append(number) } }
    }
    event.set(1)
    #expect(order.withLock { $0 } == Array(0..<100))
    withExtendedLifetime(subscriptions) {}
  }

  @Test func syncReturnsAndThrows() {
    #expect(Supervisor.sync { 40 + 2 } == 42)
    #expect(throws: Broken()) { try Supervisor.sync { () throws(Broken) in throw Broken() } }
  }

  @Test func waitRunsAsyncWorkThere() {
    let answer = Supervisor.wait {
      await withCheckedContinuation { continuation in
        Timer(at: .after(0.01)) { continuation.resume(returning: 7) }
      }
    }
    #expect(answer == 7)
  }

  @Test func timersFireInOrder() {
    let order = Event<[Int]>([])
    let baton = Baton()
    Supervisor.post {
      for (id, seconds) in [(3, 0.03), (1, 0.01), (2, 0.02)] {
        Timer(at: .after(seconds)) {
          order.set(order.value! + [id])
          if id == 3 { baton.pass() }
        }
      }
      Timer(at: .after(0.015)) { order.set(order.value! + [99]) }.cancel()
    }
    baton.take()
    #expect(order.value == [1, 2, 3])
  }
}
