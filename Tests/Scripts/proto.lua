-- Messages of protobuf for files and fw_cfg, without a server.
-- stdout: done
local check = require "modules.check"
local raises, equal = check.raises, check.equal

raises("usage", "knows no types yet: load them with proto.load", proto.encode, "x.Y", {})
local shapes = proto.load { proto = "Tests/Fixtures/Protos/shapes.proto" }

-- There and back.
local bytes = proto.encode("shapes.v1.Text", { text = "é", padding = "\0\xff" })
equal(bytes, "\x0a\x02é\x12\x02\0\xff")
local text = proto.decode("shapes.v1.Text", bytes)
equal(text.text, "é") equal(text.padding, "\0\xff")
local all = shapes:decode("Everything", shapes:encode("Everything", {
  f_uint64 = "18446744073709551615", f_int64 = math.mininteger, f_colour = "RED",
  by_name = { a = 1 }, by_number = { { name = "one" }, [-5] = {} }, by_truth = { ["true"] = "x" },
  choice_number = 0, when = 0.5, structure = { list = { 1, "x" } }, wrapped = 0,
  any = { ["@type"] = "shapes.v1.Number", value = 7 }, inners = { { name = "x" }, {} },
}))
equal(all.f_uint64, "18446744073709551615") equal(all.f_int64, math.mininteger)
equal(all.f_colour, "RED") equal(all.by_name.a, 1) equal(all.by_number[1].name, "one")
equal(all.by_number[-5].name, "") equal(all.by_truth["true"], "x") equal(all.choice_number, 0)
equal(all.choice_text, nil) equal(all.when, 0.5) equal(all.structure.list[2], "x")
equal(all.wrapped, 0) equal(all.wrapped_text, nil) equal(all.any.value, 7)
equal(all.any["@type"], "shapes.v1.Number") equal(#all.inners, 2) equal(#all.texts, 0)

-- What a type does not know comes through it.
local later = proto.encode("LaterNumber", { value = 5, unit = "m" })
local number = proto.decode("Number", later)
equal(number.value, 5) number.value = 6
equal(proto.decode("LaterNumber", proto.encode("Number", number)).unit, "m")

-- A descriptor set, and several schemas: each type from the newest that has it.
local set = os.tmpname()
assert(os.execute("protoc -I Tests/Fixtures/Protos --descriptor_set_out=" .. set .. " old.proto"))
local old = proto.load { descriptors = set }
os.remove(set)
equal(proto.decode("old.Record", proto.encode("old.Record", { name = "n" })).count, -7)
equal(proto.decode("Text", bytes).text, "é")
raises("usage", "message old.Record needs field 'name'", old.encode, old, "Record", {})

-- What goes wrong.
raises("usage", "message shapes.v1.Text has no field 'txt'; did you mean 'text'?",
  proto.encode, "shapes.v1.Text", { txt = "x" })
raises("usage", "field shapes.v1.Number.value wants an int64", proto.encode, "Number", { value = "x" })
raises("usage", "there is no message type 'shapes.v1.Txt'; did you mean 'shapes.v1.Text'?",
  shapes.decode, shapes, "shapes.v1.Txt", "")
raises("usage", "proto.decode: this is no message shapes.v1.Text: the message is cut short",
  proto.decode, "shapes.v1.Text", "\x0a\x05x")
raises("usage", "string 'text' is not UTF-8", proto.decode, "shapes.v1.Text", "\x0a\x01\xff")
raises("usage", "proto.decode wants a message's bytes, got table", proto.decode, "Text", {})
raises("usage", "proto.encode wants the name of a message type, got table", proto.encode, {})
raises("usage", "proto.load wants descriptors", proto.load, {})
raises("usage", "proto.load has no field 'prot'; did you mean 'proto'?", proto.load, { prot = "x" })
raises("usage", "import goes with proto", proto.load, { descriptors = "x", import = "y" })
raises("usage", "takes one of descriptors, proto", proto.load, { descriptors = "x", proto = "y" })
raises("usage", "a path or a list of paths", proto.load, { proto = { 1 } })
raises("usage", "this is no descriptor set", proto.load, { descriptors = arg[0] })
raises("missing", "no/such", proto.load, { descriptors = "no/such" })
local err = raises("usage", "protoc: ", proto.load, { proto = "no/such.proto" })
assert(err.stderr:find("no/such", 1, true))
raises("usage", "protoc: proto.lua:1:", proto.load, { proto = arg[0] })
print "done"
