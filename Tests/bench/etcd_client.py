#!/usr/bin/env python3
"""The calls of etcd.lua by grpcio; prints the seconds that they took. Usage: PORT COUNT"""

import os
import subprocess
import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts")
made = subprocess.run(
    ["protoc", "-I", PROTO, "--descriptor_set_out=/dev/stdout", "etcd.proto"],
    stdout=subprocess.PIPE, check=True)
files = descriptor_pb2.FileDescriptorSet.FromString(made.stdout)
pool = descriptor_pool.Default()
for file in files.file:
    pool.AddSerializedFile(file.SerializeToString())


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("etcdserverpb." + name))


request, reply = message("RangeRequest"), message("RangeResponse")
with grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}") as channel:
    get = channel.unary_unary(
        "/etcdserverpb.KV/Range", request_serializer=request.SerializeToString,
        response_deserializer=reply.FromString)
    for _ in range(100):
        get(request(key=b"k"))
    started = time.perf_counter()
    for _ in range(int(sys.argv[2])):
        assert get(request(key=b"k"), timeout=60).kvs[0].value == b"v"
    print(time.perf_counter() - started)
