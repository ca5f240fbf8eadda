import ArgumentParser
import Glibc

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
