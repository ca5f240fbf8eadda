import Scripting

/// What a prompt's completion asks the host.
enum PromptPrimitives {
  /// `members(object)`: the names of its methods and of its fields, as two tables; nil for what is no
  /// object of vmscript's.
  static func members(_ call: Call) -> Int {
    guard let object = call.object(1) else { return call.results(.nil) }
    let methods = call.interpreter.methodNames(of: object)
    return call.results(table(methods), table(type(of: object).fieldNames))
  }

  /// `machine_fields()`: what `qemu {}` and `microvm {}` take.
  static func machineFields(_ call: Call) -> Int { call.results(table(MachineFields.common)) }

  private static func table(_ names: [String]) -> Value {
    .table(Table(positions: names.map { .string($0) }))
  }
}
