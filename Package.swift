// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let c: [CSetting] = [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])]

// The rooms of docs/design.md, from the ground up: a target may use only what stands above it here.
let package = Package(
  name: "vmscript",
  traits: [
    .trait(name: "GRPC", description: "vmscript-grpc, which makes the calls of ports:grpc"),
    .default(enabledTraits: ["GRPC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
  ],
  targets: [
    .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .target(name: "CLuaBridge", dependencies: ["CLua"], cSettings: c),
    .target(name: "CEvents", cSettings: c),
    .target(name: "CProcess", cSettings: c),
    .target(name: "CProbe", cSettings: c),
    .target(name: "CArchive", cSettings: c),
    .target(name: "CEdit", cSettings: c),

    .target(name: "CallFrames", swiftSettings: swift),
    .target(name: "Events", dependencies: ["CEvents"], swiftSettings: swift),
    .target(name: "Processes", dependencies: ["Events", "CProcess"], swiftSettings: swift),
    // Its hot path belongs to one thread: checks of exclusive access at each field cost a third of it.
    .target(
      name: "Networks", dependencies: ["Events", "CEvents", "Processes"],
      swiftSettings: swift + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
    .target(name: "Notation", swiftSettings: swift),
    .target(
      name: "Record", dependencies: ["Events", "Processes", "Notation"], swiftSettings: swift),
    .target(
      name: "Machines", dependencies: ["Events", "Processes", "Notation", "Record", "CProbe"],
      swiftSettings: swift),
    .target(
      name: "Reports", dependencies: ["Processes", "Record", "Notation", "Machines"],
      exclude: ["Page"], swiftSettings: swift, plugins: ["EmbedStdlib"]),
    .target(
      name: "Suites",
      dependencies: ["CEvents", "Events", "Processes", "Notation", "Record", "Machines"],
      swiftSettings: swift),
    .target(
      name: "Guests", dependencies: ["Events", "Processes", "Notation", "CArchive"],
      swiftSettings: swift, plugins: ["EmbedStdlib"]),
    .target(
      name: "Scripting", dependencies: ["Events", "CEvents", "CLua", "CLuaBridge"],
      swiftSettings: swift),
    .target(name: "ProtoMessages", dependencies: ["Scripting"], swiftSettings: swift),
    .target(
      name: "RemoteCalls", dependencies: ["Events", "Processes", "Machines", "CallFrames"],
      swiftSettings: swift),
    .target(
      name: "Diagnosis",
      dependencies: [
        "Events", "Processes", "Notation", "Record", "Machines", "Guests", "RemoteCalls",
      ], swiftSettings: swift),
    .target(
      name: "Choreography",
      dependencies: [
        "Events", "Processes", "Notation", "Record", "Machines", "Reports", "Networks", "Guests",
        "Scripting", "ProtoMessages", "RemoteCalls", "Suites",
      ],
      swiftSettings: swift, plugins: ["EmbedStdlib"]),
    .executableTarget(
      name: "vmscript",
      dependencies: [
        "Choreography", "Diagnosis", "Processes", "Reports", "Suites", "CEdit", "Events",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift),

    // Without the trait it is a program that says so.
    .executableTarget(
      name: "vmscript-grpc",
      dependencies: [
        "CallFrames",
        .product(name: "GRPCCore", package: "grpc-swift-2", condition: .when(traits: ["GRPC"])),
        .product(
          name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport",
          condition: .when(traits: ["GRPC"])),
      ], swiftSettings: swift),

    .executableTarget(name: "EmbedTool", dependencies: ["CLua"], swiftSettings: swift),
    .plugin(name: "EmbedStdlib", capability: .buildTool(), dependencies: ["EmbedTool"]),

    .testTarget(name: "EventsTests", dependencies: ["Events"], swiftSettings: swift),
    .executableTarget(
      name: "ProcessFixture", dependencies: ["Processes"], path: "Tests/Fixtures/ProcessFixture",
      swiftSettings: swift),
    .testTarget(
      name: "ProcessesTests", dependencies: ["Processes", "ProcessFixture"], swiftSettings: swift),
    .executableTarget(
      name: "SwitchBench", dependencies: ["Networks"], path: "Tests/Fixtures/SwitchBench",
      swiftSettings: swift),
    .executableTarget(
      name: "RecordBench", dependencies: ["Events", "Machines", "Record"],
      path: "Tests/Fixtures/RecordBench", swiftSettings: swift),
    .testTarget(name: "NetworksTests", dependencies: ["Networks"], swiftSettings: swift),
    .testTarget(
      name: "RecordTests", dependencies: ["Events", "Notation", "Processes", "Record"],
      swiftSettings: swift),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Processes", "Notation"], swiftSettings: swift
    ),
    .testTarget(name: "NotationTests", dependencies: ["Notation"], swiftSettings: swift),
    .testTarget(
      name: "MachinesTests", dependencies: ["Machines", "ProcessFixture"], swiftSettings: swift),
    .testTarget(name: "SuitesTests", dependencies: ["Suites"], swiftSettings: swift),
    .testTarget(name: "GuestsTests", dependencies: ["Guests"], swiftSettings: swift),
    .testTarget(name: "ScriptingTests", dependencies: ["Scripting"], swiftSettings: swift),
    .testTarget(name: "ProtoMessagesTests", dependencies: ["ProtoMessages"], swiftSettings: swift),
    .testTarget(name: "CallFramesTests", dependencies: ["CallFrames"], swiftSettings: swift),
    .testTarget(
      name: "DiagnosisTests", dependencies: ["Diagnosis", "Processes"], swiftSettings: swift),
    .testTarget(name: "ScriptTests", dependencies: ["vmscript"], swiftSettings: swift),
    .testTarget(
      name: "ChoreographyTests", dependencies: ["Choreography", "Machines", "Scripting"],
      swiftSettings: swift),
  ]
)
