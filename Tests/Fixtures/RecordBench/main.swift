import Events
import Glibc
import Notation
import Record

// RecordBench DIRECTORY RECORD: tells all lines of a record's timeline to another one in DIRECTORY, again and again
// for some seconds, and prints the microseconds of processor time that one line costs, all threads taken
// together, writing included.

func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  print("usage: RecordBench DIRECTORY RECORD")
  exit(2)
}
let run = try RecordedRun(directory: arguments[2])
let entries = run.entries.compactMap { entry -> (Timeline.Kind, [JSON.Member])? in
  guard let kind = Timeline.Kind(rawValue: entry.kind), kind != .run,
    case .object(let members) = entry.members
  else { return nil }
  return (kind, members.filter { !["t", "kind"].contains($0.name) })
}
let record = RunRecord(scriptName: "bench", parent: arguments[1])
_ = try record.directory()
let before = processorTime()
var count = 0
while processorTime() - before < 2 {
  for (kind, members) in entries { record.timeline.tell(kind, members) }
  count += entries.count
  // The buffer holds a megabyte.
  Supervisor.sync { record.timeline.write() }
}
let spent = processorTime() - before
print((spent / Double(count) * 1e6 * 100).rounded() / 100)
