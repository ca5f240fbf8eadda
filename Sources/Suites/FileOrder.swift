import Notation
import Processes

/// What a suite tells the run of a file: an argument, `CHANNEL:JSON`.
public struct FileOrder: Sendable {
  /// The descriptor for its notices.
  public var channel: Int32
  /// What the suite calls the file.
  public var file: String
  public var selection: Selection
  /// Where the directories of its logs are made; nil for the usual place.
  public var records: String?

  /// Nil for what no suite gives.
  public init?(argument: String) {
    guard let colon = argument.firstIndex(of: ":"), let channel = Int32(argument[..<colon]),
      channel > 2,
      let json = try? JSON.parse(argument[argument.index(after: colon)...].utf8),
      let file = json["file"]?.text
    else { return nil }
    self.channel = channel
    self.file = file
    selection = Selection(json["selection"])
    records = json["records"]?.text
  }

  /// The argument, in which the channel is the descriptor called `notices`.
  static func argument(file: String, _ selection: Selection, records: String?) -> Argument {
    let json: JSON = [
      "file": .string(file), "selection": selection.json,
      "records": records.map { .string($0) } ?? .null,
    ]
    return "\(descriptor: "notices"):\(json.encoded)"
  }
}
