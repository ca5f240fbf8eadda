-- status: 3
-- environment: PATH=@
-- stderr: .proto files need protoc, which is not installed: sudo apt-get install protobuf-compiler
proto.load { proto = here "../Fixtures/Protos/old.proto" }
