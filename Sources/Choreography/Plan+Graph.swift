/// The plan for graphviz.
extension Plan {
  /// An undirected graph in dot's language: machines, processes and networks, and what connects them.
  public var graph: String {
    var lines = ["graph \(Self.quoted(script)) {", "  node [fontname=\"sans-serif\"];"]
    func add(_ line: String) { lines.append("  \(line);") }
    for machine in machines {
      let style = machine.isStarted ? "" : ", style=dashed"
      let label = "\(machine.name)\n\(machine.kind), \(Self.size(machine.memory))"
      add("\(Self.node(.machine, machine.name)) [shape=box, label=\(Self.quoted(label))\(style)]")
    }
    for process in processes {
      add(
        "\(Self.node(.process, process.name)) [shape=component, label=\(Self.quoted(process.name))]"
      )
    }
    for network in networks {
      add(
        "\(Self.node(.network, network.name)) [shape=ellipse, label=\(Self.quoted(network.name))]")
    }
    for network in networks {
      for port in network.ports {
        for machine in port.machines {
          add(
            "\(Self.node(.machine, machine)) -- \(Self.node(.network, network.name))"
              + " [label=\(Self.quoted(port.name))]")
        }
      }
    }
    addCables(add)
    for machine in machines where !machine.ports.isEmpty {
      let label = machine.ports.map { "\($0.host) → \($0.guest)/\($0.transport.rawValue)" }
      add("\"the host\" [shape=house]")
      add(
        "\"the host\" -- \(Self.node(.machine, machine.name))"
          + " [label=\(Self.quoted(label.joined(separator: "\n")))]")
    }
    lines.append("}")
    return lines.joined(separator: "\n")
  }

  private func addCables(_ add: (String) -> Void) {
    for cable in cables where cable.ends.contains(where: { !$0.holders.isEmpty }) {
      let ends = cable.ends.map { end in
        end.holders.isEmpty
          ? [("\"the script\"", "")]
          : end.holders.map { (Self.node($0.kind, $0.name), $0.place ?? "") }
      }
      for (left, leftPlace) in ends[0] {
        for (right, rightPlace) in ends[1] {
          add(
            "\(left) -- \(right) [label=\(Self.quoted(cable.name)),"
              + " taillabel=\(Self.quoted(leftPlace)), headlabel=\(Self.quoted(rightPlace))]")
        }
      }
    }
  }

  /// Kinds have names of their own.
  private static func node(_ kind: Holder.Kind, _ name: String) -> String {
    quoted("\(kind.rawValue) \(name)")
  }

  /// A string of dot's: only a quote has to be escaped, but in labels a backslash has a meaning.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20: result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
