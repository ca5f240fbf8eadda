import Glibc
import Processes

/// Where the helper program is.
public enum HelperProgram {
  /// Beside this program, else in PATH.
  public static var path: String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if count > 0 {
      let own = String(decoding: buffer.prefix(count), as: UTF8.self)
      let beside = own[...own.lastIndex(of: "/")!] + CallHelper.program
      if let path = Launcher.find(String(beside)) { return path }
    }
    return Launcher.find(CallHelper.program)
  }
}
