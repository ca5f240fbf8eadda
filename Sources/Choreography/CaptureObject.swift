import Glibc
import Networks
import Processes
import Scripting

/// `lan:capture "file.pcap"`: what goes over a network, and what becomes of it, until it is closed or
/// the run ends.
final class CaptureObject: ScriptObject {
  static let typeName = "capture"
  static let fieldNames = ["path"]

  private let network: NetworkObject
  private let path: String
  /// Nil for one that is only rehearsed.
  private let file: CaptureFile?
  /// Its file, whatever its path's name.
  private let identity: [UInt64]
  private var isOpen = true

  private init(_ network: NetworkObject, _ path: String, _ file: CaptureFile?) {
    self.network = network
    self.path = path
    self.file = file
    var status = stat()
    identity = stat(path, &status) == 0 ? Self.identity(status) : []
  }

  private static func identity(_ status: stat) -> [UInt64] {
    [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  static func make(_ call: Call, _ network: NetworkObject) throws(ScriptError) -> Int {
    guard let path = call.text(2), !path.isEmpty, !path.utf8.contains(0) else {
      throw .usage("capture wants a file's path, got \(try call.value(2).shown)")
    }
    if let open = network.run.captures.first(where: { $0.network === network }) {
      throw .usage(
        "capture: \(network.shown) is captured already, in '\(open.path)': close that first")
    }
    var status = stat()
    // Its switch would wait for whoever reads it.
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw .usage("capture: '\(path)' is there and no file")
      }
      if let open = network.run.captures.first(where: { $0.identity == identity(status) }) {
        throw .usage(
          "capture: '\(path)' is being written for \(open.network.shown): give each its own file")
      }
    }
    do throws(ProcessError) {
      let file = network.run.isRehearsal ? nil : try CaptureFile(path: path)
      let object = CaptureObject(network, path, file)
      if let file { network.network.ethernet.setCapture(file) }
      network.run.captures.append(object)
      return call.results(.object(object))
    } catch {
      throw ScriptError(.missing, error.message)
    }
  }

  var shown: String { "capture '\(path)'" }

  /// Frames, or how often one was meant for somebody.
  func field(_ key: Value) -> Value? {
    key.text == "path" ? .string(path) : nil
  }

  static var methods: [String: NativeFunction] {
    [
      "close": { call throws(ScriptError) in try (call.object(1) as! CaptureObject).close(call) }
    ]
  }

  func close(_ call: Call) throws(ScriptError) -> Int {
    try finish()
    return call.results(.integer(Int64(truncatingIfNeeded: file?.count ?? 0)))
  }

  /// Writes what is left. Errors of kind missing if not all could be written.
  func finish() throws(ScriptError) {
    guard isOpen else { return }
    isOpen = false
    guard let file else {
      network.run.captures.removeAll { $0 === self }
      return
    }
    network.network.ethernet.setCapture(nil)
    network.run.captures.removeAll { $0 === self }
    do throws(ProcessError) {
      try file.finish()
    } catch {
      throw ScriptError(.missing, "\(shown): \(error.message)")
    }
  }
}
