import Scripting

/// Keys by name: what a terminal sends for them (xterm's sequences, which Linux, VT100s and UEFI know
/// too), and what QEMU calls them on a keyboard.
enum ConsoleKeys {
  /// The arguments of `send`: strings are text, tables name keys.
  static func bytes(_ call: Call, from first: Int) throws(ScriptError) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in first...max(first, call.count) {
      if let text = call.bytes(index) {
        bytes += text
      } else if case .table(let table) = try call.value(index) {
        for key in try names(table, "send") { bytes += try sequence(key) }
      } else {
        throw .usage(
          "send wants the text to type, or keys in a table as in { \"ctrl-c\" }, got"
            + " \(call.typeName(index))")
      }
    }
    return bytes
  }

  /// The list of keys in a table.
  static func names(_ table: Table, _ function: String) throws(ScriptError) -> [String] {
    guard table.fields.isEmpty, table.entries.isEmpty, !table.positions.isEmpty else {
      throw .usage("\(function) wants a list of keys, as in { \"up\", \"enter\" }")
    }
    var names: [String] = []
    for value in table.positions {
      guard case .string = value, let name = value.text else {
        throw .usage("\(function): a key is named by a string, got \(value.shown)")
      }
      names.append(name)
    }
    return names
  }

  /// A key with the modifiers before it: `ctrl-alt-delete`.
  private struct Chord {
    var modifiers: [String] = []
    var key: String

    init(_ name: String, _ function: String) throws(ScriptError) {
      var rest = name[...]
      while let modifier = ["ctrl", "alt", "shift", "meta"].first(where: {
        rest.hasPrefix($0 + "-") && rest.utf8.count > $0.utf8.count + 1
      }) {
        modifiers.append(modifier)
        rest = rest.dropFirst(modifier.count + 1)
      }
      key = String(rest)
      let isCharacter = key.utf8.count == 1 && (0x21...0x7e).contains(key.utf8.first!)
      guard isCharacter || ConsoleKeys.keys[key] != nil, Set(modifiers).count == modifiers.count
      else {
        throw .usage(
          "\(function) knows no key '\(name)'"
            + Spelling.hint(key, among: ConsoleKeys.keys.keys.sorted()))
      }
    }
  }

  private struct Key {
    /// QEMU's name (qapi/ui.json, QKeyCode).
    var code: String
    /// Without modifiers.
    var plain: String
    /// The sequence is ESC [ number ~, or ESC [ 1 ; modifiers letter.
    var number = 0
    var letter = ""
  }

  private static let keys: [String: Key] = {
    var keys: [String: Key] = [
      "enter": Key(code: "ret", plain: "\r"), "tab": Key(code: "tab", plain: "\t"),
      "escape": Key(code: "esc", plain: "\u{1b}"), "space": Key(code: "spc", plain: " "),
      "backspace": Key(code: "backspace", plain: "\u{7f}"),
    ]
    for (name, letter) in [
      ("up", "A"), ("down", "B"), ("right", "C"), ("left", "D"), ("end", "F"), ("home", "H"),
    ] {
      keys[name] = Key(code: name, plain: "\u{1b}[\(letter)", letter: letter)
    }
    for (name, number, code) in [
      ("insert", 2, "insert"), ("delete", 3, "delete"), ("page-up", 5, "pgup"),
      ("page-down", 6, "pgdn"),
    ] {
      keys[name] = Key(code: code, plain: "\u{1b}[\(number)~", number: number)
    }
    for (index, letter) in ["P", "Q", "R", "S"].enumerated() {
      keys["f\(index + 1)"] = Key(code: "f\(index + 1)", plain: "\u{1b}O\(letter)", letter: letter)
    }
    for (index, number) in [15, 17, 18, 19, 20, 21, 23, 24].enumerated() {
      keys["f\(index + 5)"] = Key(
        code: "f\(index + 5)", plain: "\u{1b}[\(number)~", number: number)
    }
    return keys
  }()

  // MARK: Terminals

  /// What a terminal sends for a key.
  static func sequence(_ name: String) throws(ScriptError) -> [UInt8] {
    let chord = try Chord(name, "send")
    let modifiers = Set(chord.modifiers)
    let impossible = ScriptError.usage(
      "a terminal has no key '\(name)'; press types on a machine's keyboard")
    if modifiers.contains("meta") { throw impossible }
    let prefix: [UInt8] = modifiers.contains("alt") ? [0x1b] : []
    if let key = keys[chord.key] {
      if modifiers.isEmpty { return Array(key.plain.utf8) }
      // 1, and 1 for shift, 2 for alt, 4 for control.
      let sum =
        1 + (modifiers.contains("shift") ? 1 : 0) + (modifiers.contains("alt") ? 2 : 0)
        + (modifiers.contains("ctrl") ? 4 : 0)
      if key.number > 0 { return Array("\u{1b}[\(key.number);\(sum)~".utf8) }
      if !key.letter.isEmpty { return Array("\u{1b}[1;\(sum)\(key.letter)".utf8) }
      if modifiers == ["alt"] { return prefix + Array(key.plain.utf8) }
      if chord.key == "tab", modifiers == ["shift"] { return Array("\u{1b}[Z".utf8) }
      if chord.key == "space", modifiers == ["ctrl"] { return [0] }
      throw impossible
    }
    var byte = chord.key.utf8.first!
    if modifiers.contains("shift") { throw impossible }
    if modifiers.contains("ctrl") {
      // @ A…Z [ \ ] ^ _ without their upper bits; the question mark stands for delete.
      if byte == 0x3f { return prefix + [0x7f] }
      if (0x61...0x7a).contains(byte) { byte -= 0x20 }
      guard (0x40...0x5f).contains(byte) else { throw impossible }
      byte &= 0x1f
    }
    return prefix + [byte]
  }

  // MARK: Keyboards

  /// The characters that have keys of their own, as on a keyboard from the United States.
  private static let characters: [Character: String] = [
    "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right", "\\": "backslash",
    ";": "semicolon", "'": "apostrophe", "`": "grave_accent", ",": "comma", ".": "dot",
    "/": "slash",
  ]

  /// QEMU's names of the keys that are pressed together.
  static func codes(_ name: String) throws(ScriptError) -> [String] {
    let chord = try Chord(name, "press")
    let modifiers = chord.modifiers.map { $0 == "meta" ? "meta_l" : $0 }
    if let key = keys[chord.key] { return modifiers + [key.code] }
    let character = chord.key.first!
    if character.isLowercase || character.isNumber { return modifiers + [chord.key] }
    guard let code = characters[character] else {
      throw .usage("press: no key of its own has '\(character)'; press it with shift")
    }
    return modifiers + [code]
  }
}
