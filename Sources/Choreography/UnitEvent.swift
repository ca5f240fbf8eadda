import Events
import Guests
import Scripting

/// `vm:unit("etcd.service")`: the unit is active in the guest's systemd; fails at once when it has
/// failed there.
final class UnitEvent: MachineEvent {
  let subject: MachineObject
  private let name: String
  private let look: GuestLook

  static let wanted = "a unit's name, such as \"ssh.service\""

  /// systemd's names have no slashes and blanks (systemd.unit(5)); nil for what is no name.
  static func name(_ value: Value) -> String? {
    guard case .string(let bytes) = value, let name = String(validating: bytes, as: UTF8.self),
      (1...255).contains(bytes.count), bytes[0] != UInt8(ascii: "-"),
      bytes.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7f })
    else { return nil }
    return name
  }

  static func make(_ call: Call, _ machine: MachineObject) throws(ScriptError) -> Int {
    let value = try call.value(2)
    guard let name = name(value) else { throw .usage("unit wants \(wanted), got \(value.shown)") }
    return call.results(.object(UnitEvent(machine, name, onlyFailure: false)))
  }

  /// `onlyFailure`: it says nothing of a unit that is active.
  init(_ machine: MachineObject, _ name: String, onlyFailure: Bool) {
    subject = machine
    self.name = name
    let words = ["sh", "-c", Self.script, "unit", name, onlyFailure ? "failure" : "active"]
    look = GuestLook(machine, "a systemd unit", ExecRequest(words)) { [name] result in
      Self.judge(machine, name, result)
    }
  }

  /// Looks at the unit, and again whenever systemd has said something of it in the journal, so that
  /// waiting costs the guest next to nothing; a look now and then is for what is not in the journal.
  /// systemd forgets an inactive unit that nothing refers to, and how it ended: for that the journal is
  /// asked whether its start was done, which is all that a oneshot unit is for. Each exit status is one
  /// of `judge`'s.
  private static let script = """
    test -d /run/systemd/system || exit 20
    unit=$1 wanted=$2 id=$1 helpers=
    leave() {
      test -z "$helpers" || kill $helpers 2>/dev/null
      exit $1
    }
    look() {
      load= active= sub= result= kind= condition=yes tried=0
      while IFS='=' read -r key value; do
        case $key in
          Id) id=$value ;; LoadState) load=$value ;; ActiveState) active=$value ;;
          SubState) sub=$value ;; Result) result=$value ;; Type) kind=$value ;;
          ConditionResult) condition=$value ;; ConditionTimestampMonotonic) tried=$value ;;
        esac
      done <<END
    $(systemctl show -p Id -p LoadState -p ActiveState -p SubState -p Result -p Type \
      -p ConditionResult -p ConditionTimestampMonotonic -- "$unit" 2>/dev/null)
    END
      case $load in
        not-found) leave 21 ;;
        masked | error | bad-setting) echo $load; leave 22 ;;
      esac
      case $active in
        failed)
          echo "$result"
          journalctl --sync 2>/dev/null
          systemctl status --no-pager --full --lines 12 -- "$unit" 2>&1
          leave 23
          ;;
        active | reloading) test $wanted = failure || { echo $sub; leave 0; } ;;
        inactive)
          test $condition = no && test $tried != 0 && leave 24
          test "$1" = tick || look_back
          ;;
      esac
    }
    look_back() {
      done=$(journalctl -b -n 1 -q -o cat UNIT="$id" JOB_TYPE=start JOB_RESULT=done 2>/dev/null)
      case $kind-$done in
        *" skipped"*) leave 24 ;;
        oneshot-?*) test $wanted = failure || { echo $sub; leave 0; } ;;
      esac
    }
    look
    pipe=$(mktemp -u /run/vmscript-unit-XXXXXXXX) && mkfifo -m 600 $pipe || exit 25
    exec 3<>$pipe
    rm -f $pipe
    journalctl -f -n 0 -q -o cat UNIT="$id" >&3 2>/dev/null &
    helpers=$!
    { sleep 1; echo; while sleep 3; do echo tick; done; } >&3 2>/dev/null &
    helpers="$helpers $!"
    while read -r line <&3; do look "$line"; done
    """

  private static func judge(
    _ machine: MachineObject, _ name: String, _ result: ExecResult
  ) -> Result<String, ScriptError>? {
    guard case .exited(let code) = result.status else { return nil }
    let lines = String(decoding: result.standardOutput, as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(String.init)
    let first = lines.first ?? ""
    let what: String
    switch code {
    case 0: return .success(first)
    case 20: what = "cannot be waited for: the guest does not run systemd"
    case 21: what = "is not there: the guest's systemd knows no such unit"
    case 22: what = "cannot become active: it is \(first)"
    case 23: what = "has failed" + (first.isEmpty ? "" : " (\(first))")
    case 24: what = "does not run: a condition of its is not met (systemctl status says which)"
    default: return nil
    }
    var error = ScriptError(
      .command, "unit '\(name)' on machine '\(machine.name)' \(what)", machine: machine.name)
    if code == 23 {
      error.fields["stdout"] = .text(lines.dropFirst().joined(separator: "\n"))
      error.notes = lines.dropFirst().suffix(16).map { "status: \($0)" }
    }
    return .failure(error)
  }

  var purpose: String { "unit '\(name)' to be active" }
  var wakers: [any Waking] { [look] }

  func outcome() -> Outcome? {
    switch look.take() {
    case nil: return nil
    case .success(let state)?: return .success { call in call.results(.string(state)) }
    case .failure(let error)?: return .failure(error)
    }
  }
}
