import Networks
import Scripting
import Testing

@testable import Choreography

/// How a script's tables become impairments; what they do is tested in NetworksTests.
@Suite struct ImpairmentFieldsTests {
  private func impairment(_ fields: [(String, Value)]) throws -> Impairment {
    let sorted = fields.sorted { $0.0 < $1.0 }.map { (key: $0.0, value: $0.1) }
    return try Impairment(
      Fields(Table(fields: sorted), of: "set", known: Impairment.fields))
  }

  private func table(_ fields: (String, Value)...) -> Value {
    .table(Table(fields: fields.map { (key: $0.0, value: $0.1) }))
  }

  private func flaw(_ fields: (String, Value)...) -> String {
    do {
      return "\(try impairment(fields))"
    } catch {
      return (error as? ScriptError)?.message ?? "\(error)"
    }
  }

  @Test func netemsNamesAreFields() throws {
    let made = try impairment([
      ("delay", .number(0.05)), ("jitter", .number(0.01)), ("delay_correlation", .number(0.25)),
      ("distribution", .string("pareto")), ("loss", .integer(1)),
      ("loss_correlation", .number(0.5)), ("duplicate", .number(0.1)), ("corrupt", .number(0.2)),
      ("reorder", .number(0.3)), ("gap", .integer(5)), ("rate", .string("1.5mbit")),
      ("burst", .string("16K")), ("limit", .string("1M")), ("first", .integer(7)),
      ("period", .integer(9)), ("flap", table(("off", .integer(2)), ("on", .number(0.5)))),
    ])
    var expected = Impairment()
    expected.delay = 0.05
    expected.jitter = 0.01
    expected.delayCorrelation = 0.25
    expected.distribution = .pareto
    expected.loss = .random(probability: 1, correlation: 0.5)
    expected.duplicate = 0.1
    expected.corrupt = 0.2
    expected.reorder = 0.3
    expected.gap = 5
    expected.rate = 1.5e6
    expected.burst = 16384
    expected.limit = 1 << 20
    expected.first = 7
    expected.period = 9
    expected.flap = .init(on: 0.5, off: 2)
    #expect(made == expected)
    #expect(try impairment([("rate", .string("64bit"))]).rate == 64)
    #expect(
      try impairment([("gemodel", table(("p", .number(0.1)), ("r", .number(0.2))))]).loss
        == .gilbertElliott(toBad: 0.1, toGood: 0.2, bad: 1, good: 0))
  }

  @Test func matchesAreTablesOrLists() throws {
    let web = table(("port", .integer(80)), ("protocol", .string("tcp")))
    let arp = table(("protocol", .string("arp")), ("source", .string("02:00:00:00:00:01")))
    var first = FrameMatch()
    first.ipProtocol = 6
    first.port = 80
    var second = FrameMatch()
    second.etherType = 0x0806
    second.sourceMAC = 0x0200_0000_0001
    let lost = ("loss", Value.number(1))
    #expect(try impairment([lost, ("match", web)]).matches == [first])
    #expect(flaw(("match", web)).contains("'match' alone does nothing"))
    let both = Value.table(Table(positions: [web, arp]))
    #expect(try impairment([lost, ("match", both)]).matches == [first, second])
    #expect(flaw(("match", table())).contains("match is empty"))
    #expect(
      flaw(("match", table(("protocol", .string("tpc"))))).contains(
        "set: match: field 'protocol' wants one of arp, icmp"))
    #expect(flaw(("match", table(("adress", .integer(1))))).contains("did you mean 'address'?"))
    #expect(flaw(("match", table(("address", .string("10.0.0"))))).contains("such as '10.0.0.1'"))
    #expect(flaw(("match", table(("mac", .string("02:00"))))).contains("wants a MAC address"))
    #expect(flaw(("match", table(("port", .integer(65536))))).contains("from 0 to 65535"))
  }

  @Test func mistakesAreNamed() {
    #expect(flaw(("loss", .number(1.1))) == "set: field 'loss' wants a number from 0 to 1, got 1.1")
    #expect(flaw(("delay", .integer(-1))).contains("field 'delay' wants a number of seconds"))
    #expect(flaw(("delay", .integer(7200))).contains("field 'delay' is from 0 to 3600 seconds"))
    #expect(flaw(("rate", .integer(0))).contains("'rate' wants a string with a unit"))
    #expect(flaw(("rate", .string("0mbit"))).contains("'rate' is from 1bit to 1000gbit"))
    #expect(flaw(("rate", .string("fast"))).contains("such as '10mbit'"))
    #expect(
      flaw(("distribution", .string("gauss"))).contains(
        "field 'distribution' wants 'uniform', 'normal', 'pareto', 'paretonormal', got 'gauss'"))
    #expect(
      flaw(("dleay", .integer(1))).contains("set has no field 'dleay'; did you mean 'delay'?"))
    #expect(flaw(("gap", .integer(3))).contains("'gap' wants a 'reorder'"))
    #expect(flaw(("loss_correlation", .number(0.5))).contains("wants a 'loss'"))
    #expect(
      flaw(("gemodel", table(("p", .number(0.1)))), ("loss", .number(0.1))).contains("give one"))
    #expect(flaw(("gemodel", table(("p", .number(0.1))))).contains("the chances 'p' and 'r'"))
    #expect(flaw(("flap", table(("on", .integer(1))))).contains("both times"))
  }
}
