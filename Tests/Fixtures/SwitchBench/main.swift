// Figures of the switch, measured in frames by this process on both sides of it; for Tests/bench.py.
//
//   SwitchBench forward PORTS SIZE SECONDS [faults]   frames that arrived, and the switch's CPU seconds
//   SwitchBench vde DIRECTORY PORTS SIZE SECONDS      frames given to the vde_switch there
//   SwitchBench delay | loss | rate                   what was asked for and what came
//   SwitchBench split                                 how long it takes to split 64 ports under load

import Glibc

signal(SIGPIPE, SIG_IGN)
signal(SIGPIPE, SIG_IGN)
let arguments = CommandLine.arguments
func number(_ index: Int) -> Int { arguments.count > index ? Int(arguments[index]) ?? 0 : 0 }

switch arguments.count > 1 ? arguments[1] : "" {
case "forward":
  let load = try Load.throughSwitch(
    ports: number(2), size: number(3), hasFaults: arguments.last == "faults")
  load.run(seconds: Double(number(4)))
case "vde":
  let load = try Load.throughVDE(arguments[2], ports: number(3), size: number(4))
  load.run(seconds: Double(number(5)))
case "delay": try Accuracy().delay()
case "loss": try Accuracy().loss()
case "rate": try Accuracy().rate()
case "split": try Split.measure()
default:
  print("see Tests/Fixtures/SwitchBench/main.swift")
  exit(2)
}
