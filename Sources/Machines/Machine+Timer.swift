import Events

/// What is done about a guest whose kernel has found no timer (docs/guest.md).
extension Machine {
  /// So often a boot is begun again.
  static let timerlessLimit = 5

  /// The guest came up without a timer. Begins its boot again, which counts as the same boot, and
  /// returns what to tell the person; when that has not helped often enough the machine fails.
  public func guestHasNoTimer() -> String? {
    guard isRunning, failure.value == nil else { return nil }
    guard timerlessBoots < Self.timerlessLimit else {
      fail(with: timerlessError)
      return nil
    }
    timerlessBoots += 1
    isBootingAgain = true
    let done = Event<Bool>()
    bootsAgain = done
    Task { @Supervisor in
      do throws(MachineError) {
        try await pressReset()
      } catch {
        // One that ends meanwhile has an end of its own.
        if error.kind != .exited { fail(with: error) }
      }
      if bootsAgain === done { bootsAgain = nil }
      done.set(true)
    }
    return "machine '\(name)': its kernel found no timer (starved host); booting it again"
  }

  private var timerlessError: MachineError {
    MachineError(
      .agent,
      """
      the kernel of machine '\(name)' found no timer in \(timerlessBoots + 1) boots in a row, so nothing in \
      it that waits for time would go on: give the host less to do at once, or make it a qemu {}, \
      which has more timers than a microvm
      """)
  }
}
