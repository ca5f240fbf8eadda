import Machines
import Scripting

/// What a script would do up to its first waits, found without starting anything.
public struct Plan: Sendable {
  /// A task that waits, and for what.
  public struct Wait: Sendable {
    public var task: String
    /// "file:line".
    public var place: String?
    public var purpose: String

    init(_ task: String, _ place: Place?, _ purpose: String) {
      self.task = task
      self.place = place.map(\.description)
      self.purpose = purpose
    }
  }

  public enum Outcome: Sendable {
    /// The main task's wait is the first.
    case waiting([Wait])
    /// The script ended before it waited.
    case ended
    /// By os.exit.
    case exited(Int32)
    case skipped(String)
    case failed(kind: String?, message: String, place: String?)

    init(_ result: RunResult, _ main: LuaTask) {
      if let reason = result.skipped {
        self = .skipped(reason)
      } else if result.report == nil {
        self = .ended
      } else if case .failed(let failure)? = main.outcome {
        self = .failed(
          kind: failure.error?.kind.rawValue, message: failure.error?.message ?? failure.text,
          place: failure.place?.description)
      } else {
        self = .failed(kind: nil, message: result.report?.headline ?? "", place: nil)
      }
    }
  }

  public struct Guest: Sendable {
    public var shown: String
    public var kernel: String
    public var initramfs: String
    /// False: a run would make it first.
    public var isBuilt: Bool
    /// False: what it is made from has changed since, so that a run would look whether a newer is to
    /// be had.
    public var isCurrent: Bool
  }

  /// Something that is at a cable's end or a network's port.
  public struct Holder: Sendable {
    public enum Kind: String, Sendable { case machine, process, network }
    public var kind: Kind
    public var name: String
    /// "net0", "channel1", "serial"; of a network its port; nil for a process.
    public var place: String?

    var shown: String { "\(kind.rawValue) \(name)" + (place.map { " \($0)" } ?? "") }
  }

  public struct Cable: Sendable {
    public struct End: Sendable {
      public var label: String
      /// Nobody: it is the script's.
      public var holders: [Holder]
    }
    public var name: String
    /// "frames" or "bytes"; nil if nothing has it.
    public var carries: String?
    public var ends: [End]
  }

  public struct Network: Sendable {
    public struct Port: Sendable {
      public var name: String
      public var machines: [String]
      /// The end of a cable that is in it.
      public var cable: String?
    }
    public var name: String
    public var ports: [Port]
  }

  public struct TPM: Sendable {
    public var state: String
    public var machines: [String]
  }

  public struct Disk: Sendable {
    public var path: String
    public var format: String
    public var size: UInt64?
    public var original: String?
    public var machines: [String]
  }

  public struct Process: Sendable {
    public var name: String
    public var isStarted: Bool
    public var command: [String]
    public var workingDirectory: String?
    public var environment: [(name: String, value: String?)]
  }

  /// A program or firmware that the host has to have.
  public struct Need: Sendable {
    public var name: String
    /// Nil: it is not there.
    public var path: String?
    /// What to do if it is not there.
    public var remedy: String?
  }

  public struct Host: Sendable {
    /// Bytes, of machines that are started, with what their QEMUs take besides.
    public var memory: UInt64
    /// Bytes that machines can have together; nil if that is not known.
    public var room: UInt64?
    public var needs: [Need]
    /// Why there is no KVM, if machines go without.
    public var whyNoKVM: String?
  }

  public var script: String
  public var arguments: [String]
  public var seed: UInt64
  public var outcome: Outcome
  public var machines: [PlannedMachine]
  public var cables: [Cable]
  public var networks: [Network]
  /// Those that no machine has.
  public var freePorts: [PortMap.Mapping]
  public var tpms: [TPM]
  /// Those that outlive machines.
  public var disks: [Disk]
  public var processes: [Process]
  public var guests: [Guest]
  public var host: Host
}
