#!/usr/bin/env python3
"""A gRPC server with reflection, of another make than what it tests: the Shapes service of
Protos/shapes.proto. Usage: grpc_server.py DESCRIPTOR-SET; prints its port of the loopback."""

import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection

NAME = "shapes.v1.Shapes"


def load(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.Default()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def main():
    service = load(sys.argv[1]).FindServiceByName(NAME)
    kind = {m.name: message_factory.GetMessageClass(m.output_type) for m in service.methods}
    takes = {m.name: message_factory.GetMessageClass(m.input_type) for m in service.methods}

    def echo(request, context):
        sent = dict(context.invocation_metadata())
        context.send_initial_metadata([("seen", sent.get("token", "none"))])
        context.set_trailing_metadata(
            [("many", "1"), ("many", "2"), ("raw-bin", sent.get("raw-bin", b"") + b"\x00")])
        return request

    def count(request, context):
        for number in range(1, request.value + 1):
            yield kind["Count"](value=number)

    def sum_up(requests, context):
        return kind["Sum"](value=sum(request.value for request in requests))

    def chat(requests, context):
        for request in requests:
            if request.text == "slow":
                time.sleep(1)
            if request.text == "bye":
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "said bye")
            yield kind["Chat"](text="you said " + request.text)

    def fail(request, context):
        context.set_trailing_metadata([("why", "asked")])
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[request.code], request.message)

    def sleep(request, context):
        time.sleep(request.value / 1000)
        return request

    makers = {
        "Echo": (grpc.unary_unary_rpc_method_handler, echo),
        "Count": (grpc.unary_stream_rpc_method_handler, count),
        "Sum": (grpc.stream_unary_rpc_method_handler, sum_up),
        "Chat": (grpc.stream_stream_rpc_method_handler, chat),
        "Fail": (grpc.unary_unary_rpc_method_handler, fail),
        "Sleep": (grpc.unary_unary_rpc_method_handler, sleep),
    }
    handlers = {
        name: make(
            function, request_deserializer=takes[name].FromString,
            response_serializer=kind[name].SerializeToString)
        for name, (make, function) in makers.items()
    }
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(NAME, handlers)])
    reflection.enable_server_reflection([NAME, reflection.SERVICE_NAME], server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


main()
