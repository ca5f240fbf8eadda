import Processes

/// What a program of the host is started with: a value.
public struct ProcessSpecification: Sendable {
  public enum Input: Sendable {
    /// The script writes to it, until it says that nothing more comes.
    case open
    /// These bytes, and then the end.
    case bytes([UInt8])
    case none
  }

  public var name: String
  /// Looked up in PATH, or a path.
  public var program: String
  public var arguments: [RawArgument] = []
  /// Added to the run's environment; nil removes a variable.
  public var environment: [String: String?] = [:]
  public var workingDirectory: String?
  public var input = Input.open

  public init(name: String, program: String) {
    self.name = name
    self.program = program
  }

  /// As the program gets them; a cable's end stands by its name.
  public var words: [Argument] {
    arguments.map { argument in
      switch argument {
      case .text(let text): Argument(text)
      case .options(let table): table.encoded()
      }
    }
  }

  /// The cables' ends among the arguments, each once.
  public var ends: [CableEnd] {
    var ends: [CableEnd] = []
    for case .options(let table) in arguments {
      for end in table.cableEnds where !ends.contains(end) { ends.append(end) }
    }
    return ends
  }

  /// A line for a shell that runs the same without this program; cables lead nowhere there.
  public var standaloneCommand: String {
    var words = StandaloneCommand.prefix(environment)
    words += ([program] + self.words.map(\.description)).map(StandaloneCommand.quoted)
    if let workingDirectory {
      words = ["cd", StandaloneCommand.quoted(workingDirectory), "&&"] + words
    }
    if !ends.isEmpty { words.append("# without what the cables lead to") }
    return words.joined(separator: " ")
  }
}
