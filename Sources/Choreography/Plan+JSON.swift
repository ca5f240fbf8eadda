import Machines

/// The plan as `vmscript plan --json` prints it; docs/plan.md describes it.
extension Plan {
  /// Changed when a reader of the former would fail.
  static let schema: Int64 = 1

  /// As text on several lines, without a final line feed.
  public var json: String { value.encoded(indent: 2) }

  var value: JSON {
    [
      "schema": .integer(Self.schema), "script": .string(script),
      "arguments": .strings(arguments), "seed": .integer(Int64(bitPattern: seed)),
      "outcome": outcome.value, "machines": .array(machines.map(\.value)),
      "cables": .array(
        cables.map { cable in
          [
            "name": .string(cable.name), "carries": .text(cable.carries),
            "ends": .array(
              cable.ends.map {
                ["label": .string($0.label), "holders": .array($0.holders.map(\.value))]
              }),
          ]
        }),
      "networks": .array(
        networks.map { network in
          [
            "name": .string(network.name),
            "ports": .array(
              network.ports.map {
                [
                  "name": .string($0.name), "machines": .strings($0.machines),
                  "cable": .text($0.cable),
                ]
              }),
          ]
        }),
      "free_ports": .array(freePorts.map(\.value)),
      "tpms": .array(
        tpms.map { ["state": .string($0.state), "machines": .strings($0.machines)] }),
      "disks": .array(
        disks.map {
          [
            "path": .string($0.path), "format": .string($0.format), "size": .count($0.size),
            "from": .text($0.original), "machines": .strings($0.machines),
          ]
        }),
      "processes": .array(
        processes.map {
          [
            "name": .string($0.name), "started": .bool($0.isStarted),
            "command": .strings($0.command), "cwd": .text($0.workingDirectory),
            "environment": .variables($0.environment),
          ]
        }),
      "guests": .array(
        guests.map {
          [
            "name": .string($0.shown), "kernel": .string($0.kernel),
            "initramfs": .string($0.initramfs), "built": .bool($0.isBuilt),
            "current": .bool($0.isCurrent),
          ]
        }),
      "host": host.value,
    ]
  }
}

extension Plan.Outcome {
  fileprivate var value: JSON {
    switch self {
    case .waiting(let waits):
      [
        "state": "waiting",
        "waits": .array(
          waits.map {
            ["task": .string($0.task), "place": .text($0.place), "purpose": .string($0.purpose)]
          }),
      ]
    case .ended: ["state": "ended"]
    case .exited(let status): ["state": "exited", "status": .integer(Int64(status))]
    case .skipped(let reason): ["state": "skipped", "reason": .string(reason)]
    case .failed(let kind, let message, let place):
      [
        "state": "failed",
        "error": ["kind": .text(kind), "message": .string(message), "place": .text(place)],
      ]
    }
  }
}

extension Plan.Holder {
  fileprivate var value: JSON {
    ["kind": .string(kind.rawValue), "name": .string(name), "as": .text(place)]
  }
}

extension Plan.Host {
  fileprivate var value: JSON {
    [
      "memory": .count(memory), "room": .count(room), "why_no_kvm": .text(whyNoKVM),
      "needs": .array(
        needs.map {
          ["name": .string($0.name), "path": .text($0.path), "remedy": .text($0.remedy)]
        }),
    ]
  }
}

extension PlannedMachine {
  fileprivate var value: JSON {
    [
      "name": .string(name), "kind": .string(kind), "place": .text(place),
      "started": .bool(isStarted), "accelerator": .string(accelerator),
      "memory": .count(memory), "processors": .integer(Int64(processors)), "guest": .text(guest),
      "command": .strings(command), "environment": .variables(environment),
      "helpers": .array(helpers.map { .strings($0) }),
      "interfaces": .array(interfaces.map(\.value)),
      "user_network": userNetwork.map { ["mac": .string($0), "internet": .bool(hasInternet)] }
        ?? .null,
      "ports": .array(ports.map(\.value)), "tpm": .bool(hasTPM),
      "disks": .array(
        disks.map {
          [
            "path": .string($0.path), "format": .string($0.format), "kept": .bool($0.isKept),
            "read_only": .bool($0.isReadOnly),
          ]
        }),
      "shares": .array(
        shares.map {
          [
            "tag": .string($0.tag), "path": .string($0.path),
            "driver": .string($0.driver.rawValue), "read_only": .bool($0.isReadOnly),
          ]
        }),
      "channels": .array(
        channels.map { ["as": .string($0.place), "cable": .string($0.cable)] }),
      "tags": .strings(tags),
    ]
  }
}

extension PlannedMachine.Interface {
  fileprivate var value: JSON {
    switch link {
    case .cable(let end): ["id": .string(id), "mac": .string(mac), "cable": .string(end)]
    case .port(let network, let port):
      [
        "id": .string(id), "mac": .string(mac), "network": .string(network), "port": .string(port),
      ]
    }
  }
}

extension PortMap.Mapping {
  fileprivate var value: JSON {
    [
      "guest": .integer(Int64(guest)), "host": .integer(Int64(host)),
      "protocol": .string(transport.rawValue), "bind": .string(bind), "chosen": .bool(isChosen),
    ]
  }
}

extension JSON {
  fileprivate static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
  fileprivate static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
  fileprivate static func count(_ number: UInt64?) -> JSON {
    number.map { .integer(Int64(clamping: $0)) } ?? .null
  }
  fileprivate static func variables(_ list: [(name: String, value: String?)]) -> JSON {
    .object(list.map { Member($0.name, .text($0.value)) })
  }
}
