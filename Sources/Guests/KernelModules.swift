/// The modules of a kernel, by name; in names "-" and "_" are the same.
struct KernelModules {
  /// For messages: the kernel's release.
  var release: String
  /// The paths below "kernel", without ".ko".
  private var paths: [String: String] = [:]
  private var builtIn: Set<String> = []
  private var bytes: (String) throws(GuestError) -> [UInt8]

  /// - Parameters:
  ///   - paths: of all modules, below "kernel", without ".ko".
  ///   - builtIn: the text of the kernel's modules.builtin.
  ///   - bytes: reads the one with that path.
  init(
    release: String, paths: some Sequence<String>, builtIn: [UInt8],
    bytes: @escaping (String) throws(GuestError) -> [UInt8]
  ) {
    self.release = release
    self.bytes = bytes
    for path in paths { self.paths[Self.name(path)] = path }
    for line in String(decoding: builtIn, as: UTF8.self).split(separator: "\n") {
      self.builtIn.insert(Self.name(line.hasSuffix(".ko") ? line.dropLast(3) : line))
    }
  }

  private static func name(_ path: some StringProtocol) -> String {
    String(path.split(separator: "/").last ?? "").replacing("-", with: "_")
  }

  /// Those modules and all that they depend on, in the order in which they can be loaded.
  func closure(_ names: [String]) throws(GuestError) -> [(name: String, bytes: [UInt8])] {
    var result: [(name: String, bytes: [UInt8])] = []
    var seen: Set<String> = []
    for name in names { try add(Self.name(name), of: nil, &result, &seen) }
    return result
  }

  private func add(
    _ name: String, of dependent: String?, _ result: inout [(name: String, bytes: [UInt8])],
    _ seen: inout Set<String>
  ) throws(GuestError) {
    guard !builtIn.contains(name), seen.insert(name).inserted else { return }
    guard let path = paths[name] else {
      let why = dependent.map { ", which '\($0)' needs" } ?? ""
      throw GuestError(.missing, "the guest's kernel \(release) has no module '\(name)'\(why)")
    }
    let bytes = try bytes(path)
    for need in Self.needs(of: bytes) { try add(Self.name(need), of: name, &result, &seen) }
    result.append((name, bytes))
  }

  /// What a module says of itself in its section .modinfo: texts "KEY=VALUE" with a zero byte after each.
  static func needs(of module: [UInt8]) -> [String] {
    let prefix = Array("depends=".utf8)
    for text in modinfo(of: module).split(separator: 0) where text.starts(with: prefix) {
      let list = String(decoding: text.dropFirst(prefix.count), as: UTF8.self)
      return list.split(separator: ",").map(String.init)
    }
    return []
  }

  /// By the section headers of an ELF file of 64 bits.
  private static func modinfo(of module: [UInt8]) -> [UInt8] {
    module.withUnsafeBytes { file in
      guard file.count > 64, file.little(UInt32.self, at: 0) == 0x464C_457F else { return [] }
      let size = 64  // of a header
      let table = file.little(UInt64.self, at: 0x28)
      let count = Int(file.little(UInt16.self, at: 0x3C))
      let names = Int(file.little(UInt16.self, at: 0x3E))
      guard table <= UInt64(file.count), count * size <= file.count - Int(table), names < count
      else { return [] }
      func contents(_ index: Int) -> Range<Int>? {
        let header = Int(table) + index * size
        let start = file.little(UInt64.self, at: header + 0x18)
        let length = file.little(UInt64.self, at: header + 0x20)
        guard start <= UInt64(file.count), length <= UInt64(file.count) - start else { return nil }
        return Int(start)..<Int(start + length)
      }
      guard let texts = contents(names) else { return [] }
      let wanted = Array(".modinfo\0".utf8)
      for index in 0..<count {
        let name = Int(file.little(UInt32.self, at: Int(table) + index * size))
        guard name + wanted.count <= texts.count,
          file[(texts.lowerBound + name)...].starts(with: wanted), let range = contents(index)
        else { continue }
        return Array(file[range])
      }
      return []
    }
  }
}
