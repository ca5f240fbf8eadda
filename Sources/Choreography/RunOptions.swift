import Machines
import Scripting
import Suites

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
  /// What a suite that runs this file wants; nil without one.
  public var order: FileOrder?
  /// Machines that live when the script is over are kept until a signal or the time-out.
  public var keeps = false
  /// Shows why the script failed, when that is to be known before the run ends; nil: as `say` does.
  public var show: (@Sendable (Report) -> Void)?
  /// Shows a line of progress or a warning to the person who runs it.
  public var say: @Sendable (String) -> Void

  /// Writes what standard error takes without waiting, and says how many bytes; negative when it is
  /// closed.
  public var offer: @Sendable (ArraySlice<UInt8>) -> Int = { $0.count }

  /// The script is only rehearsed, up to its waits, and this is told what it would do.
  public var plan: (@Sendable (Plan) -> Void)?
  /// For `converse`; given to `execute`, it opens where the script fails.
  public var prompt: (any PromptConsole)?

  public init(script: String?, say: @escaping @Sendable (String) -> Void) {
    self.script = script
    self.say = say
  }

  var room: HostRoom.Limits { HostRoom.Limits(jobs: jobs, memory: memory) }

  /// How the program was called: the first words of the command that runs the script again.
  public var program = "vmscript"

  /// The command that runs this again, with the same seed.
  func again(seed: UInt64) -> String {
    var words = [program, "run", "--seed", String(seed)]
    func add<T: Equatable>(_ name: String, _ value: T, _ usual: T, _ text: (T) -> String) {
      if value != usual { words += [name, text(value)] }
    }
    add("--timeout", timeout, nil) { formatted($0 ?? 0) }
    add("--timeout-scale", timeoutScale, 1, formatted)
    add("--accel", accelerator, .auto, \.rawValue)
    add("--kernel", kernel, nil) { $0 ?? "" }
    add("--jobs", jobs, nil) { String($0 ?? 0) }
    add("--memory", memory, nil) { "\(($0 ?? 0) >> 20)M" }
    if script?.hasPrefix("-") == true { words.append("--") }
    words.append(script ?? "-")
    let line = (words + arguments).map(StandaloneCommand.quoted).joined(separator: " ")
    return script == nil ? line + "  # with the same standard input" : line
  }

  /// A size with its unit, `512M` or `1.5G`, in bytes; nil if it is none.
  public static func bytes(_ text: String) -> UInt64? { Fields.bytes(text) }

  /// What messages call the script.
  var scriptName: String { script ?? "stdin" }
}
