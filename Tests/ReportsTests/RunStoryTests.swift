import Notation
import Testing

@testable import Reports

@Suite struct RunStoryTests {
  let record: TestRecord

  init() throws { record = try TestRecord() }

  @Test func beginningsFindTheirEnds() throws {
    try record.timeline([
      #"{"t":1,"kind":"wait","phase":"begin","id":1,"purpose":"p","place":"x.lua:3"}"#,
      #"{"t":1.5,"kind":"wait","phase":"begin","id":2,"purpose":"q","task":"k","task_id":2}"#,
      #"{"t":2,"kind":"command","phase":"begin","id":1,"machine":"a","command":"true"}"#,
      #"{"t":2,"kind":"command","phase":"begin","id":1,"machine":"b","command":"false"}"#,
      #"{"t":3,"kind":"command","phase":"end","id":1,"machine":"b","command":"false","code":1}"#,
      #"{"t":4,"kind":"command","phase":"end","id":1,"machine":"a","command":"true","code":0}"#,
      #"{"t":5,"kind":"wait","phase":"end","id":1,"purpose":"p","outcome":"done"}"#,
      #"{"t":6,"kind":"step","phase":"begin","name":"s"}"#,
      #"{"t":7,"kind":"step","phase":"begin","name":"s"}"#,
      #"{"t":8,"kind":"step","phase":"end","name":"s"}"#,
      #"{"t":9,"kind":"step","phase":"end","name":"s","error":"e"}"#,
      #"{"t":9.5,"kind":"task","phase":"end","task":"late","task_id":9,"outcome":"failed"}"#,
      #"{"t":9.6,"kind":"new","phase":"begin","what":1}"#,
    ])
    let data = try record.data()
    let p = try #require(data.mark("p"))
    #expect(p[2] == .number(1) && p[3] == .number(5) && p[5] == 0)
    #expect(p[6] == ["place": "x.lua:3", "outcome": "done"])
    let q = try #require(data.mark("q"))
    #expect(q[3] == .null && q[5] == 2, "it did not end")
    #expect(q[6] == ["task": "k", "task_id": 2])
    let works = try #require(data.mark("true"))
    #expect(works[1] == 0 && works[3] == .number(4) && works[5] == 0)
    let fails = try #require(data.mark("false"))
    #expect(fails[1] == 1 && fails[3] == .number(3) && fails[5] == 1)
    let steps = (data["marks"]?.elements ?? []).compactMap(\.elements).filter { $0[4] == "s" }
    #expect(steps.map { $0[2] } == [.number(6), .number(7)])
    #expect(steps.map { $0[3] } == [.number(9), .number(8)])
    #expect(data.mark("late (end)")?[5] == 1, "an end without a beginning is told too")
    #expect(data["kinds"]?.elements?.last == "new", "so is a kind that is not known")
  }

  @Test func machinesAndTheirBoots() throws {
    try record.timeline([
      #"{"t":0.5,"kind":"process","phase":"launch","name":"QEMU","pid":9,"machine":"a","command":["q","-x"]}"#,
      #"{"t":0.5,"kind":"machine","phase":"launched","boot":1,"machine":"a"}"#,
      #"{"t":0.8,"kind":"machine","phase":"ready","boot":1,"machine":"a"}"#,
      #"{"t":0.7,"kind":"machine","phase":"kernel","boot":1,"machine":"a"}"#,
      #"{"t":2,"kind":"machine","phase":"launched","boot":2,"reset":true,"machine":"a"}"#,
      #"{"t":3,"kind":"machine","phase":"exited","boot":2,"reason":"panic","machine":"a"}"#,
      #"{"t":3.5,"kind":"machine","phase":"exited","boot":99999999999,"machine":"a"}"#,
      #"{"t":3,"kind":"process","phase":"exit","name":"QEMU","pid":9,"machine":"a","signal":9}"#,
    ])
    let data = try record.data()
    let machine = try #require(data["machines"]?.elements?.first)
    #expect(
      machine["boots"] == [
        ["launched": .number(0.5), "ready": .number(0.8), "kernel": .number(0.7)],
        ["launched": .number(2), "exited": .number(3), "reason": "panic"],
      ])
    #expect(data.mark("exited")?[5] == 1)
    let process = try #require(data["processes"]?.elements?.first)
    #expect(process["command"] == ["q", "-x"])
    #expect(process["machine"] == "a")
    #expect(process["exited"] == .number(3) && process["signal"] == 9)
  }

  @Test func faultsLastUntilTheyAreHealed() throws {
    try record.timeline([
      #"{"t":1,"kind":"network","network":"lan","fault":"partition","detail":"a | b"}"#,
      #"{"t":2,"kind":"network","network":"lan","fault":"set","detail":"loss 0.1"}"#,
      #"{"t":3,"kind":"network","network":"wan","fault":"heal","detail":"all"}"#,
      #"{"t":4,"kind":"network","network":"lan","fault":"heal","detail":"all"}"#,
      #"{"t":9,"kind":"note","text":"x"}"#,
    ])
    let data = try record.data()
    #expect(data.mark("partition · lan · a | b")?[3] == .number(4))
    #expect(data.mark("set · lan · loss 0.1")?[3] == .number(9), "to the end")
    #expect(data.mark("heal · lan · all")?[3] == .null)
  }

  @Test func muchIsCutToWhatIsLongOrBad() throws {
    var list = MarkList(budget: 100_000)
    for index in 0..<50_000 {
      var mark = Mark(kind: "command", start: Double(index), title: "c\(index)")
      mark.end = mark.start + (index % 1000 == 7 ? 5 : 0.001)
      mark.isBad = index % 5000 == 3
      list.append(mark)
    }
    let kept = list.finish()
    let cost = kept.reduce(0) { $0 + $1.cost }
    #expect(cost <= 100_000 && cost > 90_000)
    #expect(kept.count { $0.isBad } == 10)
    #expect(kept.count { $0.duration == 5 } == 50)
    #expect(kept.last?.title == "c49999")
    #expect(kept.count + (list.leftOut["command"] ?? 0) == 50_000)
    #expect(list.longestLeftOut < 0.01)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.start <= $1.start })
  }
}
