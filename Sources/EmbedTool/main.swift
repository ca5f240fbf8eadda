import Glibc

// Run by the build: `EmbedTool stdlib FOLDER METAS OUTPUT`, `EmbedTool page FOLDER OUTPUT` or
// `EmbedTool agent OUTPUT PROGRAM COMPILER FLAG… SOURCE…`.
let arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.count == 4, arguments[0] == "stdlib" {
    try StdlibSource(folder: arguments[1], metas: arguments[2]).generate().write(to: arguments[3])
  } else if arguments.count == 3, arguments[0] == "page" {
    try PageSource(folder: arguments[1]).generate().write(to: arguments[2])
  } else if arguments.count > 4, arguments[0] == "agent" {
    let agent = AgentSource(file: arguments[2], compilation: Array(arguments[3...]))
    try agent.generate().write(to: arguments[1])
  } else {
    throw EmbedError(
      "usage: EmbedTool stdlib FOLDER METAS OUTPUT | page FOLDER OUTPUT"
        + " | agent OUTPUT PROGRAM COMPILER …")
  }
} catch let error as EmbedError {
  let line = error.message + "\n"
  _ = write(2, line, line.utf8.count)
  exit(1)
}
