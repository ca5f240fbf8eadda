/// How far a console has come: offsets into its log file, in bytes.
public struct ConsoleSnapshot: Sendable, Hashable {
  /// The boot that is going on, the first being 1; 0 before.
  public var boot = 0
  /// Where that boot's text begins.
  public var bootOffset = 0
  /// How much may be matched: whole lines, and an unfinished one after 50 ms of silence or when it
  /// is longer than 64 KiB.
  public var visibleLength = 0
  /// How much has been written to the log.
  public var length = 0
  /// Why nothing more is written to the log: an errno; 0 while all is well.
  public var logError: Int32 = 0
}
