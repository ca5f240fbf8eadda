import Foundation
import Synchronization

/// Runs scripts in their order, two at a time: most of them wait for one emulated processor.
final class ScriptLanes: Sendable {
  typealias Result = (header: ScriptHeader, run: ScriptRun, left: [String])

  private struct Slot: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    var result: Swift.Result<Result, any Error>?
  }
  private let paths: [String]
  private let slots: Mutex<[Slot]>
  private let next = Atomic<Int>(0)

  init(_ paths: [String]) {
    self.paths = paths
    slots = Mutex(paths.map { _ in Slot() })
    for _ in 0..<2 { Thread.detachNewThread { [self] in work() } }
  }

  private func work() {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < paths.count else { return }
      let result = Swift.Result { try Self.run(paths[index]) }
      let done = slots.withLock { slots in
        slots[index].result = result
        return slots[index].done
      }
      done.signal()
    }
  }

  private static func run(_ path: String) throws -> Result {
    let file = ScriptTests.root + "/" + path
    let header = try ScriptHeader(String(contentsOfFile: file, encoding: .utf8))
    let run = try ScriptRun(path, header)
    run.finish()
    return (header, run, run.left())
  }

  /// Sleeps until the script has run. To be asked once for each.
  func result(of path: String) throws -> Result {
    let index = paths.firstIndex(of: path)!
    slots.withLock { $0[index].done }.wait()
    return try slots.withLock { $0[index].result! }.get()
  }
}
