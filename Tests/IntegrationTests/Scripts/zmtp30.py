"""A client of ZMTP 3.0, written from RFC 23/ZMTP alone: zmtp30.py ENDPOINT SECONDS.

It asks, is idle, and asks again on the same connection. It knows no PING, and ends with an error when anything comes
that it has not asked for.
"""

import select
import socket
import struct
import sys
import time

import msgpack

from wire import TIMEOUT, request

MORE, LONG, COMMAND = 1, 2, 4


def take(stream, size):
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        assert piece, "the connection was closed"
        data += piece
    return data


def frame(flags, body):
    if len(body) > 255:
        return bytes([flags | LONG]) + struct.pack(">Q", len(body)) + body
    return bytes([flags, len(body)]) + body


def read(stream):
    flags = take(stream, 1)[0]
    size = struct.unpack(">Q", take(stream, 8))[0] if flags & LONG else take(stream, 1)[0]
    return flags & ~LONG, take(stream, size)


def ask(stream):
    stream.sendall(frame(MORE, b"") + frame(0, request("busybox")))
    assert read(stream) == (MORE, b"")
    flags, body = read(stream)
    assert flags == 0, flags
    return len(msgpack.unpackb(body)["images"])


endpoint, seconds = sys.argv[1], float(sys.argv[2])
host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
with socket.create_connection((host, int(port)), timeout=TIMEOUT / 1000) as stream:
    stream.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
    greeting = take(stream, 64)
    assert greeting[0] == 0xFF and greeting[10] == 3 and greeting[12:32].rstrip(b"\0") == b"NULL", greeting
    stream.sendall(frame(COMMAND, b"\x05READY\x0bSocket-Type" + struct.pack(">I", 3) + b"REQ"))
    flags, body = read(stream)
    assert flags == COMMAND and body.startswith(b"\x05READY"), body
    print(ask(stream), flush=True)
    end = time.monotonic() + seconds
    readable, _, _ = select.select([stream], [], [], seconds)
    assert not readable, stream.recv(100)
    assert time.monotonic() >= end - 0.1
    print(ask(stream), flush=True)
