import Glibc

/// Fetches the parts of an image and puts them together in a folder.
struct GuestBuilder {
  var parts: GuestParts
  /// A temporary folder of its own.
  var folder: String
  /// Where downloaded packages are kept.
  var packages: String
  var progress: @Sendable (String) -> Void

  private struct Kernel {
    var file: KernelFile
    var release: String
    /// By their paths below "kernel", without ".ko".
    var modules: [String: [UInt8]]
  }

  /// Leaves "kernel", "packed-kernel", "initramfs", "modules" and "release" in the folder.
  func build() throws(GuestError) {
    let kernel = try fetchKernel()
    let busybox = try fetchBusybox()
    progress("putting the guest together")
    try Files.write(try kernel.file.extracted().bytes, to: "\(folder)/kernel")
    try Files.write(kernel.file.bytes, to: "\(folder)/packed-kernel")
    let modules = moduleList(kernel)
    try initramfs(kernel, busybox, modules).write(to: "\(folder)/initramfs")
    try Files.write(Array(modules.utf8), to: "\(folder)/modules")
    try Files.write(Array(kernel.release.utf8), to: "\(folder)/release")
    try Files.write(Array(parts.inputs.utf8), to: "\(folder)/inputs")
  }

  private func fetchKernel() throws(GuestError) -> Kernel {
    switch parts.kernel {
    case .file(let path):
      return Kernel(file: KernelFile(bytes: try Files.read(path)), release: "", modules: [:])
    case .host(let release):
      progress("taking the kernel \(release) from /boot")
      let root = "/lib/modules/\(release)/kernel"
      var modules: [String: [UInt8]] = [:]
      for module in GuestModule.all {
        for ending in ["ko", "ko.xz", "ko.zst", "ko.gz"]
        where Files.exists("\(root)/\(module.path).\(ending)") {
          modules[module.path] = try Self.plain(
            try Files.read("\(root)/\(module.path).\(ending)"), ending)
        }
      }
      return Kernel(
        file: KernelFile(bytes: try Files.read("/boot/vmlinuz-\(release)")), release: release,
        modules: modules)
    case .package(let package):
      progress("getting \(package.name) \(package.version)")
      let deb = try package.fetch(into: folder, store: packages)
      progress("unpacking \(package.name)")
      return try unpack(package, deb)
    }
  }

  private func unpack(_ package: AptPackage, _ deb: [UInt8]) throws(GuestError) -> Kernel {
    let wanted = Set(GuestModule.all.map(\.path))
    let files = try Archive.debian(deb) { path in
      path.hasPrefix("boot/vmlinuz-") || Self.module(path).map { wanted.contains($0.path) } == true
    }
    guard let image = files.first(where: { $0.key.hasPrefix("boot/vmlinuz-") }) else {
      throw GuestError(.unusable, "the package \(package.name) holds no kernel")
    }
    var modules: [String: [UInt8]] = [:]
    for (path, bytes) in files {
      guard let module = Self.module(path) else { continue }
      modules[module.path] = try Self.plain(bytes, module.ending)
    }
    return Kernel(
      file: KernelFile(bytes: image.value), release: String(image.key.dropFirst(13)),
      modules: modules)
  }

  /// "lib/modules/RELEASE/kernel/drivers/virtio/virtio.ko.xz" is ("drivers/virtio/virtio", "ko.xz").
  static func module(_ path: String) -> (path: String, ending: String)? {
    let parts = path.split(separator: "/")
    guard let kernel = parts.firstIndex(of: "kernel"), let last = parts.last,
      let dot = last.firstIndex(of: "."), path.contains("lib/modules/")
    else { return nil }
    let folders = parts[(kernel + 1)..<(parts.count - 1)].joined(separator: "/")
    return ("\(folders)/\(last[..<dot])", String(last[last.index(after: dot)...]))
  }

  static func plain(_ bytes: [UInt8], _ ending: String) throws(GuestError) -> [UInt8] {
    ending == "ko" ? bytes : try Archive.decompress(bytes)
  }

  private func fetchBusybox() throws(GuestError) -> [UInt8] {
    switch parts.busybox {
    case .host(let path): return try Files.read(path)
    case .package(let package):
      progress("downloading \(package.name) \(package.version)")
      let files = try Archive.debian(try package.fetch(into: folder, store: packages)) {
        $0 == "bin/busybox" || $0 == "usr/bin/busybox"
      }
      guard let busybox = files.values.first else {
        throw GuestError(.unusable, "the package \(package.name) holds no busybox")
      }
      return busybox
    }
  }

  /// What /etc/passwd and /etc/group of the guest begin with.
  static let users =
    "root::0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
  static let groups = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"

  /// For the agent: when to load which.
  private func moduleList(_ kernel: Kernel) -> String {
    GuestModule.all.filter { kernel.modules[$0.path] != nil }
      .map { "\($0.condition) /lib/modules/\($0.name).ko\n" }.joined()
  }

  private func initramfs(
    _ kernel: Kernel, _ busybox: [UInt8], _ modules: String
  ) throws(GuestError) -> Initramfs {
    var root = Initramfs()
    for folder in [
      "bin", "dev", "etc", "etc/vmscript", "lib", "lib/modules", "proc", "run", "sys", "tmp", "usr",
      "usr/local", "usr/local/bin", "var", "var/log", "var/tmp",
    ] { root.addFolder(folder) }
    root.addFolder("root", mode: 0o700)
    for link in ["sbin", "usr/bin", "usr/sbin"] { root.addLink(link, to: "/bin") }
    root.addLink("var/run", to: "/run")
    root.addFile("init", EmbeddedAgent.bytes, mode: 0o755)
    root.addFile("bin/busybox", busybox, mode: 0o755)
    for applet in try applets(busybox) { root.addLink("bin/\(applet)", to: "busybox") }
    for module in GuestModule.all {
      guard let bytes = kernel.modules[module.path] else { continue }
      root.addFile("lib/modules/\(module.name).ko", bytes)
    }
    root.addFile("etc/vmscript/modules", modules)
    root.addFile("etc/passwd", Self.users)
    root.addFile("etc/group", Self.groups)
    root.addFile("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
    root.addFile("etc/resolv.conf", "nameserver 10.42.0.3\n")
    root.addFile("etc/os-release", "NAME=\"vmscript guest\"\nID=vmscript\n")
    return root
  }

  /// What busybox can be called as: it says so itself.
  private func applets(_ busybox: [UInt8]) throws(GuestError) -> [String] {
    let path = "\(folder)/busybox"
    try Files.write(busybox, to: path, mode: 0o755)
    defer { unlink(path) }
    let names = try HostProgram(executable: path, arguments: ["--list"], folder: folder).run()
    return names.split(separator: "\n").map(String.init).filter { $0 != "busybox" }
  }
}
