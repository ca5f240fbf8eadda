import Machines
import Scripting

extension Value {
  /// `vm.timing`: the phases of the present boot in seconds of `now()`, with `boot` for its number;
  /// under `boots` the same of each boot.
  init(_ timing: MachineTiming) {
    let boots = timing.boots
    var table = timing.present.map { Table($0.boot, number: $0.number) } ?? Table()
    let all = boots.enumerated().map { Value.table(Table($1, number: $0 + 1)) }
    table.fields.append(("boots", .table(Table(positions: all))))
    self = .table(table)
  }
}

extension Table {
  fileprivate init(_ boot: MachineTiming.Boot, number: Int) {
    self.init()
    fields = [("boot", .integer(Int64(number)))]
    for phase in BootPhase.allCases {
      if let seconds = boot.seconds[phase] { fields.append((phase.rawValue, .number(seconds))) }
    }
    if let reason = boot.reason { fields.append(("reason", .string(reason.rawValue))) }
  }
}
