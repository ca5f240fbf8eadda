/// Which number each named descriptor has in a child: from 3 on, in the order in which the
/// arguments mention them, then the others by name; so the same command gives the same numbers.
struct DescriptorNumbers: Equatable {
  /// The first has number 3.
  private(set) var names: [String] = []

  /// `unmentioned` names get numbers too, unless they are a standard stream.
  init(arguments: [Argument], standard: [Command.Stream] = [], unmentioned: some Sequence<String>) {
    for argument in arguments {
      for case .descriptor(let name) in argument.pieces where !names.contains(name) {
        names.append(name)
      }
    }
    for name in unmentioned.sorted()
    where !names.contains(name) && !standard.contains(.descriptor(name)) {
      names.append(name)
    }
  }

  func text(of argument: Argument) -> String {
    argument.pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .descriptor(let name): String(names.firstIndex(of: name)! + 3)
      }
    }.joined()
  }
}
