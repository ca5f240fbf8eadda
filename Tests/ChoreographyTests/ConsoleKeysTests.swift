import Scripting
import Testing

@testable import Choreography

@Suite struct ConsoleKeysTests {
  @Test(arguments: [
    ("enter", "\r"), ("tab", "\t"), ("escape", "\u{1b}"), ("backspace", "\u{7f}"), ("space", " "),
    ("up", "\u{1b}[A"), ("ctrl-left", "\u{1b}[1;5D"), ("shift-alt-home", "\u{1b}[1;4H"),
    ("page-up", "\u{1b}[5~"), ("ctrl-delete", "\u{1b}[3;5~"), ("f1", "\u{1b}OP"),
    ("f4", "\u{1b}OS"), ("f5", "\u{1b}[15~"), ("f12", "\u{1b}[24~"), ("shift-f1", "\u{1b}[1;2P"),
    ("ctrl-c", "\u{3}"), ("ctrl-]", "\u{1d}"), ("ctrl-\\", "\u{1c}"), ("ctrl-space", "\u{0}"),
    ("ctrl-?", "\u{7f}"), ("alt-x", "\u{1b}x"), ("ctrl-alt-x", "\u{1b}\u{18}"),
    ("alt-enter", "\u{1b}\r"), ("shift-tab", "\u{1b}[Z"), ("-", "-"), ("ctrl--", "?"),
  ]) func asATerminalSendsThem(_ name: String, _ text: String) throws {
    if text == "?" {
      #expect(throws: ScriptError.self) { try ConsoleKeys.sequence(name) }
    } else {
      #expect(String(decoding: try ConsoleKeys.sequence(name), as: UTF8.self) == text)
    }
  }

  @Test(arguments: ["", "entr", "ctrl-ctrl-c", "ctrl", "é", "F1", "ctrl-", "meta-x", "ctrl-1"])
  func othersAreRefused(_ name: String) {
    #expect(throws: ScriptError.self) { try ConsoleKeys.sequence(name) }
  }

  @Test func asQEMUCallsThem() throws {
    #expect(try ConsoleKeys.codes("ctrl-alt-delete") == ["ctrl", "alt", "delete"])
    #expect(try ConsoleKeys.codes("enter") == ["ret"])
    #expect(try ConsoleKeys.codes("meta-a") == ["meta_l", "a"])
    #expect(try ConsoleKeys.codes("shift-1") == ["shift", "1"])
    #expect(try ConsoleKeys.codes("page-down") == ["pgdn"])
    #expect(try ConsoleKeys.codes("/") == ["slash"])
    #expect(throws: ScriptError.self) { try ConsoleKeys.codes("A") }
  }
}
