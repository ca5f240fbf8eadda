import ArgumentParser
import Glibc
import Processes

if let reason = DescriptorLimit.raise() {
  Terminal.say("vmscript: \(reason)")
  exit(3)
}
let words = Array(CommandLine.arguments.dropFirst())
if words.count > 1, words[0] == "run", words[1] == "-" || !words[1].hasPrefix("-") {
  // Nothing is left to parse, and swift-argument-parser would take 1.5 ms for it.
  RunCommand.execute(RunCommand.options(file: words[1], arguments: Array(words[2...])))
}
do {
  var command = try VMScript.parseAsRoot()
  try command.run()
} catch {
  // As VMScript.main() does it, but for the exit status of wrong usage: 2 here, not 64.
  let text = VMScript.fullMessage(for: error)
  if VMScript.exitCode(for: error).isSuccess {
    print(text)
    exit(0)
  }
  Terminal.say(text)
  exit(2)
}
