import Foundation
import PackagePlugin

/// Puts what the running program must carry into its source: `stdlib` and its types for Choreography,
/// the agent for Guests, the page for Reports. Lua and C are checked by it at build time.
@main struct EmbedStdlib: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let tool = try context.tool(named: "EmbedTool").url
    let root = context.package.directoryURL
    switch target.name {
    case "Choreography":
      let folder = root.appending(path: "stdlib")
      let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedStdlib.swift")
      return [
        .buildCommand(
          displayName: "Embedding stdlib", executable: tool,
          arguments: [
            "stdlib", folder.path, root.appending(path: "docs/meta").path, output.path,
          ],
          // SwiftPM does not ask the plugin again when a file is added outside the targets' own
          // folders, so a list of files would go stale. This input is another one in each build:
          // the tool runs each time, for some milliseconds, and writes only what is new.
          inputFiles: [URL(fileURLWithPath: "/proc/self/stat")], outputFiles: [output])
      ]
    case "Guests":
      let folder = root.appending(path: "Sources/GuestAgent")
      let work = context.pluginWorkDirectoryURL
      let output = work.appending(path: "EmbeddedAgent.swift")
      let sources = files(in: folder, ending: ["c", "h"])
      // One command for both steps: what a plugin's command leaves that is not source becomes a
      // resource of the target, and a resource brings Foundation.
      return [
        .buildCommand(
          displayName: "Compiling and embedding the guest's agent", executable: tool,
          arguments: [
            "agent", output.path, work.appending(path: "vmscript-agent").path,
            try compiler(context).path,
          ] + Self.flags + sources.filter { $0.pathExtension == "c" }.map(\.path),
          inputFiles: sources, outputFiles: [output])
      ]
    case "Reports":
      let folder = root.appending(path: "Sources/Reports/Page")
      let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedPage.swift")
      return [
        .buildCommand(
          displayName: "Embedding the report's page", executable: tool,
          arguments: ["page", folder.path, output.path],
          inputFiles: files(in: folder, ending: ["html", "css", "js"]), outputFiles: [output])
      ]
    default: return []
    }
  }

  /// Static, because it is the first program of a guest with nothing else in it; small, because
  /// every boot copies it.
  private static let flags = [
    "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Os", "-static", "-s",
    "-fno-pie",
    "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables",
    "-fno-stack-protector", "-Wl,--gc-sections", "-Wl,--build-id=none",
  ]

  private func compiler(_ context: PluginContext) throws -> URL {
    if let clang = try? context.tool(named: "clang").url { return clang }
    return try context.tool(named: "cc").url
  }

  /// Sorted, so that the same sources give the same commands.
  private func files(in folder: URL, ending: Set<String>) -> [URL] {
    let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (found?.compactMap { $0 as? URL } ?? [])
      .filter { ending.contains($0.pathExtension) }
      .sorted { $0.path < $1.path }
  }
}
