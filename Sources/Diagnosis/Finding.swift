import Notation

/// What was found of one thing that the host has to have, or should have.
public struct Finding: Sendable {
  public enum Level: String, Sendable {
    case ok
    /// Scripts run, but not all, or not as they could.
    case warn
    /// The main job cannot be done: to boot the default guest.
    case missing
  }

  /// A word that stays, for programs: "qemu", "kvm".
  public var id: String
  public var level: Level
  /// What is there, or what is wrong.
  public var text: String
  /// The command, or what else, that mends it.
  public var remedy: String?
  /// For programs: versions, paths, numbers.
  public var details: [JSON.Member]

  init(
    _ id: String, _ level: Level, _ text: String, remedy: String? = nil,
    _ details: [JSON.Member] = []
  ) {
    self.id = id
    self.level = level
    self.text = text
    self.remedy = remedy
    self.details = details
  }

  var value: JSON {
    .object([
      JSON.Member("id", .string(id)), JSON.Member("level", .string(level.rawValue)),
      JSON.Member("text", .string(text)),
      JSON.Member("remedy", remedy.map { .string($0) } ?? .null),
      JSON.Member("details", .object(details)),
    ])
  }
}
