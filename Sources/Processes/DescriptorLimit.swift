import Glibc

/// The limit on descriptors that this process has open.
public enum DescriptorLimit {
  /// With fewer not even one machine runs.
  public static let least = 40
  /// As many as select(2) bears, for the sake of programs that inherit the limit.
  private static let usual = 1024

  /// What may be open now, and what a process may raise that to.
  public static var present: (soft: Int, hard: Int) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return (Int(clamping: limit.rlim_cur), Int(clamping: limit.rlim_max))
  }

  /// Raises a limit that is lower than usual as far as it may be. Returns what to say if that is not
  /// enough to run at all.
  public static func raise() -> String? {
    let (soft, hard) = present
    guard soft < usual else { return nil }
    var limit = rlimit(rlim_cur: rlim_t(min(usual, hard)), rlim_max: rlim_t(hard))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let now = present.soft
    guard now < least else { return nil }
    return
      "\(now) open files are too few (ulimit -n), \(least) are the least: ulimit -n \(usual), where"
      + " the hard limit of \(hard) allows it"
  }
}
