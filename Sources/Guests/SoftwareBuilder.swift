import Glibc
import Processes

/// Puts what a script wants into a copy of the default guest: its initramfs is followed by a second
/// archive, which the kernel unpacks over the first.
struct SoftwareBuilder {
  var software: GuestSoftware
  /// What apt made of its packages.
  var packages: [AptPackage]
  var base: GuestImage
  /// A temporary folder of its own.
  var folder: String
  /// Where downloaded packages are kept.
  var store: String
  var progress: @Sendable (String) -> Void

  /// What a test does not read, as Debian's own images for containers leave it out.
  private static let left = [
    "usr/share/bug/", "usr/share/doc/", "usr/share/doc-base/", "usr/share/info/",
    "usr/share/lintian/", "usr/share/locale/", "usr/share/man/",
  ]

  /// One line for each part.
  var inputs: String {
    "base \(base.name)\n\(software.text)"
      + packages.map { "package \($0.name) \($0.version)\n" }.joined()
  }

  /// Leaves what an image is made of in the folder; the kernel's files are the base's own.
  func build() throws(GuestError) {
    if !packages.isEmpty {
      progress("getting \(packages.count) packages")
      try AptPackage.download(packages, into: folder, store: store)
      progress("unpacking \(packages.count) packages")
    }
    var root = Initramfs()
    for package in packages {
      if GuestImage.cancelled.value != nil {
        throw GuestError(.cancelled, "the program is to end")
      }
      try unpack(package, into: &root)
    }
    if !packages.isEmpty {
      // glibc would ask a name server before /etc/hosts.
      if !root.contains("etc/nsswitch.conf") {
        root.addFile("etc/nsswitch.conf", "hosts: files dns\n")
      }
      root.addLink("bin/sh", to: GuestSoftware.shell)
      // Both names of one folder, as in a Debian of today.
      for name in ["lib", "lib64"] { root.addLink("usr/\(name)", to: "/\(name)") }
    }
    try addModules(to: &root)
    addUsers(to: &root)
    for (path, file) in software.files.sorted(by: { $0.key < $1.key }) {
      let place = Self.place(String(path.drop { $0 == "/" }))
      try check(path, place, in: root)
      root.addFile(place, file.bytes, mode: mode_t(file.mode & 0o7777))
    }
    try root.write(to: "\(folder)/more")
    try Files.write(
      try Files.read(base.initramfs) + Files.read("\(folder)/more"), to: "\(folder)/initramfs")
    unlink("\(folder)/more")
    for name in ["kernel", "packed-kernel", "release", "modules"] {
      guard link("\(base.folder)/\(name)", "\(folder)/\(name)") == 0 else {
        throw GuestError(
          .unusable, "\(base.folder)/\(name): \(String(cString: strerror(errno)))")
      }
    }
    try Files.write(Array(inputs.utf8), to: "\(folder)/inputs")
  }

  /// A file takes the place of a package's file or link, and of nothing else: the kernel would leave it out,
  /// and say nothing.
  private func check(_ path: String, _ place: String, in root: Initramfs) throws(GuestError) {
    if root.type(of: place) == S_IFDIR {
      throw GuestError(.wrong, "files: '\(path)' is a folder of a package's")
    }
    let parts = place.split(separator: "/")
    for count in 1..<parts.count {
      let above = parts.prefix(count).joined(separator: "/")
      if root.type(of: above) == S_IFREG {
        throw GuestError(
          .wrong, "files: '\(path)' cannot be below '/\(above)', which is a file of a package's")
      }
    }
  }

  private func unpack(_ package: AptPackage, into root: inout Initramfs) throws(GuestError) {
    let deb = try package.fetch(into: folder, store: store)
    do throws(GuestError) {
      try Archive.debian(deb) { entry, contents throws(GuestError) in
        guard !entry.path.isEmpty, !Self.left.contains(where: { "\(entry.path)/".hasPrefix($0) })
        else { return }
        let path = Self.place(entry.path)
        switch entry.kind {
        case .file: root.addFile(path, try contents(), mode: entry.mode)
        case .folder: root.addFolderOnce(path, mode: entry.mode)
        case .link(let target):
          let target = Self.target(target, of: entry.path)
          // /sbin/ip leads to /bin/ip, which here is the same name.
          if Self.place(String(target.drop { $0 == "/" })) != path || !target.hasPrefix("/") {
            root.addLink(path, to: target)
          }
        case .sameAs(let other): root.addLink(path, to: "/\(Self.place(other))")
        case .other: break
        }
      }
    } catch {
      throw GuestError(error.kind, "the package \(package.name): \(error.message)")
    }
  }

  /// Where a path of a package is in the default guest, in which some folders have two names:
  /// an archive's folder may not take the place of a link.
  static func place(_ path: String) -> String {
    var parts = path.split(separator: "/")
    if parts.first == "usr", parts.count > 1,
      ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].contains(parts[1])
    {
      parts.removeFirst()
    }
    if parts.first == "sbin" { parts[0] = "bin" }
    return parts.joined(separator: "/")
  }

  /// Where a link leads whose place has changed: from the root, if it goes upward.
  static func target(_ target: String, of path: String) -> String {
    guard target.hasPrefix("..") || target.contains("/../") else { return target }
    var parts = target.hasPrefix("/") ? [] : path.split(separator: "/").dropLast()
    for part in target.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// They follow the base's own in the list that the agent loads at boot.
  private func addModules(to root: inout Initramfs) throws(GuestError) {
    guard !software.modules.isEmpty else { return }
    var list = String(decoding: try Files.read("\(base.folder)/modules"), as: UTF8.self)
    for module in try kernelModules().closure(software.modules) {
      let path = "lib/modules/\(module.name).ko"
      root.addFile(path, module.bytes)
      list += "any /\(path)\n"
    }
    // Sources/GuestAgent/boot.c reads so much.
    guard list.utf8.count < 8192 else {
      throw GuestError(.unusable, "these are too many modules for a guest: load some by vm:put")
    }
    root.addFile("etc/vmscript/modules", list)
  }

  /// Of the base's kernel, which may be older than the newest.
  private func kernelModules() throws(GuestError) -> KernelModules {
    let inputs = String(decoding: try Files.read("\(base.folder)/inputs"), as: UTF8.self)
    let words =
      inputs.split(separator: "\n").first { $0.hasPrefix("kernel ") }?
      .split(separator: " ").map(String.init) ?? []
    if words.count == 4, words[1] == "package" {
      let package = AptPackage(name: words[2], version: words[3])
      return try KernelModules(package: package, try package.fetch(into: folder, store: store))
    }
    if words.count > 2, words[1] == "host" { return try KernelModules(hostRelease: words[2]) }
    throw GuestError(
      .unusable, "modules are those of the distribution's kernel: leave --kernel out, or 'modules'")
  }

  private func addUsers(to root: inout Initramfs) {
    guard !software.users.isEmpty else { return }
    var (users, groups) = (GuestBuilder.users, GuestBuilder.groups)
    for (index, name) in software.users.enumerated() {
      users += "\(name):x:\(100 + index):\(100 + index)::/nonexistent:/bin/sh\n"
      groups += "\(name):x:\(100 + index):\n"
    }
    root.addFile("etc/passwd", users)
    root.addFile("etc/group", groups)
  }
}

extension KernelModules {
  /// Those in the kernel's package.
  fileprivate init(package: AptPackage, _ deb: [UInt8]) throws(GuestError) {
    var release = package.name
    var builtIn: [UInt8] = []
    var modules: [String: (bytes: [UInt8], ending: String)] = [:]
    try Archive.debian(deb) { entry, contents throws(GuestError) in
      guard entry.isFile else { return }
      if let module = GuestBuilder.module(entry.path) {
        modules[module.path] = (try contents(), module.ending)
      } else if entry.path.hasSuffix("/modules.builtin") {
        builtIn = try contents()
      } else if entry.path.hasPrefix("boot/vmlinuz-") {
        release = String(entry.path.dropFirst(13))
      }
    }
    let found = modules
    self.init(release: release, paths: found.keys, builtIn: builtIn) { path throws(GuestError) in
      let module = found[path]!
      return try GuestBuilder.plain(module.bytes, module.ending)
    }
  }

  /// Those of a kernel of the host.
  fileprivate init(hostRelease release: String) throws(GuestError) {
    let root = "/lib/modules/\(release)"
    let order = String(decoding: try Files.read("\(root)/modules.order"), as: UTF8.self)
    let paths = order.split(separator: "\n").filter { $0.hasPrefix("kernel/") }
      .map { $0.dropFirst(7) }.map { String($0.hasSuffix(".ko") ? $0.dropLast(3) : $0) }
    self.init(
      release: release, paths: paths, builtIn: (try? Files.read("\(root)/modules.builtin")) ?? []
    ) { path throws(GuestError) in
      for ending in ["ko", "ko.xz", "ko.zst", "ko.gz"] {
        let file = "\(root)/kernel/\(path).\(ending)"
        if Files.exists(file) { return try GuestBuilder.plain(try Files.read(file), ending) }
      }
      throw GuestError(.missing, "\(root)/kernel/\(path).ko is not there")
    }
  }
}
