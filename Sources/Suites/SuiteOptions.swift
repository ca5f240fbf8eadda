/// How a suite is to be run: a value made by the command line.
public struct SuiteOptions: Sendable {
  public var selection = Selection()
  /// Files at a time.
  public var jobs = 1
  /// How often each file is run; nil for ever, until one fails.
  public var rounds: Int? = 1
  /// No file is started any more after a failure, and those that run are ended.
  public var failFast = false
  /// Tries that a failed test has beyond the first.
  public var retries = 0
  /// Whether a flake fails the suite.
  public var failFlakes = false
  /// Seconds for each run of a file.
  public var timeout: Double?
  /// That of each file's first run; a further run has the next.
  public var seed: UInt64 = 0
  /// The program that runs a file, `vmscript`.
  public var program = "vmscript"
  /// Further options for `vmscript run`.
  public var runOptions: [String] = []
  /// How the suite was called, but for seed, tests and files: for the command that runs a test again.
  public var command = "vmscript test"

  public init() {}
}
