import Glibc

/// An array of C strings, ended by a null pointer, as execve(2) takes it.
struct CStrings: ~Copyable {
  let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init(_ texts: [String]) {
    pointer = .allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { pointer[index] = strdup(text) }
    pointer[texts.count] = nil
  }

  deinit {
    var next = pointer
    while let text = next.pointee {
      free(text)
      next += 1
    }
    pointer.deallocate()
  }
}
