#if GRPC
  import Glibc

  // Started by vmscript with the number of its end of a socket; ends with it.
  guard CommandLine.arguments.count == 2, let number = Int32(CommandLine.arguments[1]) else {
    complain("vmscript starts this program for the calls of ports:grpc; it does nothing alone")
    exit(64)
  }
  Helper.run(descriptor: number)
#else
  import Glibc

  complain("this program was built without gRPC: build it without --disable-default-traits")
  exit(3)
#endif

func complain(_ text: String) {
  let line = Array("vmscript-grpc: \(text)\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
