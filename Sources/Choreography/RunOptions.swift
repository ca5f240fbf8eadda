import Machines
import Scripting

/// What machines run on unless a script says: "auto", "kvm" or "tcg".
public typealias AcceleratorChoice = HostCapabilities.Choice

/// How a script is to be run: a value made by the command line.
public struct RunOptions: Sendable {
  public static let version = "0.1.0"

  /// The script's file; nil reads it from standard input.
  public var script: String?
  public var arguments: [String] = []
  /// Seconds for the whole run; nil for no limit.
  public var timeout: Double?
  /// Multiplies all default time-outs.
  public var timeoutScale = 1.0
  /// What is random in the run follows from it; nil for a new one.
  public var seed: UInt64?
  public var accelerator = AcceleratorChoice.auto
  /// A kernel for the default guest, in the place of the distribution's.
  public var kernel: String?
  /// How many machines may run at once, and how much memory they may have; nil for what the host has.
  public var jobs: Int?
  public var memory: UInt64?
  /// Shows a line of progress or a warning to the person who runs it.
  public var say: @Sendable (String) -> Void

  /// Writes what standard error takes without waiting, and says how many bytes; negative when it is
  /// closed.
  public var offer: @Sendable (ArraySlice<UInt8>) -> Int = { $0.count }

  public init(script: String?, say: @escaping @Sendable (String) -> Void) {
    self.script = script
    self.say = say
  }

  var room: HostRoom.Limits { HostRoom.Limits(jobs: jobs, memory: memory) }

  /// A size with its unit, `512M` or `1.5G`, in bytes; nil if it is none.
  public static func bytes(_ text: String) -> UInt64? { Fields.bytes(text) }

  /// What messages call the script.
  var scriptName: String { script ?? "stdin" }
}
