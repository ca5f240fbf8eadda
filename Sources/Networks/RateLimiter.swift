/// A link of so many bits per second, with a bucket for bursts and a queue in front of it. It keeps
/// one number: when the link will have sent all that it was given.
struct RateLimiter {
  private let nanosecondsPerByte: Double
  private let burstTime: Double
  private let limit: Double
  /// Nanoseconds after `origin`.
  private var free = -Double.infinity
  private let origin: UInt64

  /// `rate` in bits per second; `burst` and `limit` in bytes.
  init(rate: Double, burst: Int, limit: Int, origin: UInt64) {
    nanosecondsPerByte = 8e9 / rate
    burstTime = Double(burst) * nanosecondsPerByte
    self.limit = Double(limit)
    self.origin = origin
  }

  /// When a frame that arrives at `time` has left; nil if the queue is full.
  mutating func send(_ bytes: Int, at time: UInt64) -> UInt64? {
    let now = Double(time &- origin)
    let start = max(free, now - burstTime)
    if start > now, (start - now) / nanosecondsPerByte + Double(bytes) > limit { return nil }
    free = start + Double(bytes) * nanosecondsPerByte
    return free > now ? origin &+ UInt64(free.rounded()) : time
  }
}
