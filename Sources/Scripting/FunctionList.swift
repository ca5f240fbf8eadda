/// The functions that scripts can call, by number. Not an array: a call from Lua goes through here
/// each time, and an array in a class is checked for exclusive access at each look.
final class FunctionList {
  private var storage = UnsafeMutablePointer<NativeFunction>.allocate(capacity: 64)
  private var capacity = 64
  private var count = 0

  deinit {
    storage.deinitialize(count: count)
    storage.deallocate()
  }

  /// Adds a function and gives its number.
  func append(_ function: @escaping NativeFunction) -> Int {
    if count == capacity { grow() }
    (storage + count).initialize(to: function)
    count += 1
    return count - 1
  }

  private func grow() {
    let larger = UnsafeMutablePointer<NativeFunction>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: storage, count: count)
    storage.deallocate()
    storage = larger
    capacity *= 2
  }

  subscript(number: Int) -> NativeFunction { storage[number] }
}
