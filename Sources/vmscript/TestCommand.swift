import ArgumentParser
import Choreography
import Glibc
import Machines
import Suites

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run files of tests side by side.",
    discussion: """
      Each file is run as by `vmscript run`, in a process of its own. A file is a test, or has tests in \
      it: test("name", { tags = { "net" }, timeout = 60 }, function() … end). In directories \
      \(TestFile.rule) are looked for.

      Exit status: 0 all passed, or were skipped; 1 a test failed; 2 bad usage, no tests, or \
      files that do not parse; 3 the host lacks something; 124 out of time; 130 interrupted.

      Examples:
        vmscript test tests
        vmscript test --filter split --retry 2 --junit results.xml tests
        vmscript test --until-failure tests/net_test.lua
        vmscript test --shard 2/5 --format tap tests
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case plain, tap, junit }

  @Option(help: "Only tests with this text in FILE: TEST; * stands for any text. May be repeated.")
  var filter: [String] = []

  @Option(name: .customLong("case"), help: "Only tests of exactly this name. May be repeated.")
  var names: [String] = []

  @Option(
    help: "Only tests with one of these tags: net,disk; without them: '!slow'. May be repeated.")
  var tags: [String] = []

  @Option(help: "How many files run at a time; default: the number of processors.")
  var jobs: Int?

  @Option(name: .customLong("repeat"), help: "Run each file so many times.")
  var rounds: Int?

  @Flag(help: "Run the files again and again until one fails.")
  var untilFailure = false

  @Option(help: "Try what failed up to so many times more; what passes then is flaky.")
  var retry = 0

  @Flag(help: "A flaky test fails the suite.")
  var failFlakes = false

  @Flag(help: "End everything at the first failure.")
  var failFast = false

  @Option(help: "Only the second of five parts of the files: 2/5.")
  var shard: String?

  @Option(help: "Seconds that a run of a file may take.")
  var timeout: Double?

  @Option(help: "Multiply all default time-outs by this.")
  var timeoutScale: Double?

  @Option(help: "The number from which everything random in each file's first run follows.")
  var seed: UInt64?

  @Option(help: "auto, kvm or tcg: what machines run on unless a script says.")
  var accel: AcceleratorChoice?

  @Option(help: "A kernel for the default guest, in the place of the distribution's.")
  var kernel: String?

  @Option(help: "How much memory the machines of all files may have together, as 8G.")
  var memory: String?

  @Option(help: "plain, tap (TAP 14) or junit (XML): what standard output gets.")
  var format = Format.plain

  @Option(help: "Write JUnit's XML to this file too.")
  var junit: String?

  @Option(help: "Write TAP to this file too.")
  var tap: String?

  @Flag(help: "Show the output of files that passed too.")
  var verbose = false

  @Argument(
    help: "Files, and directories to look in; default: the current one.",
    completion: .file(extensions: ["lua"]))
  var paths: [String] = []

  func validate() throws {
    func demand(_ isRight: Bool, _ message: String) throws {
      if !isRight { throw ValidationError(message) }
    }
    try demand(jobs ?? 1 >= 1, "--jobs wants a number from 1 on")
    try demand(rounds ?? 1 >= 1, "--repeat wants a number from 1 on")
    try demand(retry >= 0, "--retry wants a number from 0 on")
    try demand(timeout ?? 1 > 0 && timeout ?? 1 < 1e9, "--timeout wants seconds above 0")
    try demand(
      timeoutScale ?? 1 > 0 && (timeoutScale ?? 1).isFinite,
      "--timeout-scale wants a number above 0")
    try demand(
      memory.map { RunOptions.bytes($0) != nil } ?? true,
      "--memory wants a size with a unit, such as 512M or 8G")
    try demand(
      !tags.contains { $0.split(separator: ",").isEmpty || $0 == "!" },
      "--tags wants names, as net,disk or '!slow'")
    try demand(!filter.contains(""), "--filter wants a text")
    try demand(shard == nil || part != nil, "--shard wants a part of several, as 2/5")
  }

  private var part: (number: Int, count: Int)? {
    let words = (shard ?? "").split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Int(words[0]), let count = Int(words[1]), number >= 1,
      number <= count
    else { return nil }
    return (number, count)
  }

  /// Options that mean the same to `vmscript run`, as they were given.
  private var runOptions: [String] {
    var words: [String] = []
    if let timeoutScale { words += ["--timeout-scale", "\(timeoutScale)"] }
    if let accel { words += ["--accel", accel.rawValue] }
    if let kernel { words += ["--kernel", kernel] }
    if let memory { words += ["--memory", memory] }
    return words
  }

  func run() throws {
    var options = SuiteOptions()
    options.selection.filters = filter
    options.selection.names = names.isEmpty ? nil : names
    options.selection.tags = tags
    options.jobs = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    options.rounds = rounds ?? (untilFailure ? nil : 1)
    options.failFast = failFast || untilFailure
    options.retries = retry
    options.failFlakes = failFlakes
    options.timeout = timeout
    options.seed = seed ?? UInt64.random(in: 0...0xffff_ffff)
    options.program = Self.ownPath
    options.runOptions = runOptions
    let words =
      runOptions
      + (timeout.map { ["--timeout", $0 == $0.rounded() ? "\(Int64($0))" : "\($0)"] } ?? [])
    options.command = (["vmscript", "test"] + words.map(StandaloneCommand.quoted))
      .joined(separator: " ")
    do throws(SuiteError) {
      let found = try TestFile.find(paths.isEmpty ? ["."] : paths)
      let files = part.map { TestFile.shard(found, $0.number, of: $0.count) } ?? found
      var screen = try TestScreen(options, plain: verbose, standardOutput: format, junit, tap)
      let feed = SuiteFeed()
      let count = try Suite.start(files, options, feed)
      Glibc.exit(screen.show(feed, total: options.rounds.map { $0 * count }))
    } catch {
      Terminal.say("vmscript: \(error.message)")
      Glibc.exit(2)
    }
  }

  /// This program, also when another has taken its place on the disk.
  private static var ownPath: String {
    var path = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let text = String(
      decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return access(text, X_OK) == 0 ? text : "/proc/self/exe"
  }
}
