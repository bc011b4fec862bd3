"""Sends what no client should: hostile.py ENDPOINT CASE. Another client is then served, or this fails."""

import json
import socket
import struct
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from wire import TIMEOUT, ask, connect, error, request

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)


def answer_to(endpoint, *parts):
    with connect(zmq.REQ, endpoint) as client:
        client.send_multipart(parts)
        return error(client.recv())["status"]


def ignored(endpoint, *parts):
    """A message that is no request gets no reply, and the next one on the same connection gets its own."""
    with connect(zmq.DEALER, endpoint) as client:
        client.send_multipart(parts)
        client.send_multipart([b"", request("busybox")])
        delimiter, reply = client.recv_multipart()
        assert delimiter == b"" and b"images" in reply, (delimiter, reply)
        assert client.poll(200) == 0
    return "ignored"


def envelope(endpoint):
    with connect(zmq.DEALER, endpoint) as client:
        client.send_multipart([b"one", b"two", b"", request("busybox")])
        *frames, reply = client.recv_multipart()
        assert frames == [b"one", b"two", b""] and b"images" in reply, (frames, reply)
    return "answered"


def cut(endpoint, size):
    """A message over the limit of the transport: the connection is closed, and nothing is said."""
    with connect(zmq.REQ, endpoint) as client:
        monitor = client.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        client.send(b"x" * size)
        assert monitor.poll(TIMEOUT), "the connection was not closed"
        assert recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED
        assert client.poll(200) == 0
        client.disable_monitor()
    return "cut"


def raw(endpoint, *pieces, pause=0.0, waits=True):
    """Bytes on a TCP connection that are not ZeroMQ's."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=TIMEOUT / 1000) as stream:
        try:
            for piece in pieces:
                stream.sendall(piece)
                time.sleep(pause)
            while waits and stream.recv(4096):
                pass
        except (ConnectionResetError, BrokenPipeError):
            return "closed"
        # A connection that says nothing more may stay, as long as nobody else is held up by it.
        good(endpoint)
        return "closed" if waits else "open"


def good(endpoint):
    reply = ask(endpoint, request("busybox"))
    assert [image["repo_tags"] for image in reply["images"]] == [["docker.io/library/busybox:latest"]], reply


READY = b"\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00"

CASES = {
    "empty": lambda e: answer_to(e, b""),
    "two parts": lambda e: answer_to(e, request(), request()),
    "many parts": lambda e: answer_to(e, *[b"part"] * 2_000),
    "many empty parts": lambda e: answer_to(e, *[b""] * 2_000),
    "longer than a request": lambda e: answer_to(e, b"\xc0" * 70_000),
    "as long as the transport allows": lambda e: answer_to(e, b"\xc0" * (1 << 20)),
    "longer than the transport allows": lambda e: cut(e, (1 << 20) + 1),
    "far longer": lambda e: cut(e, 8 << 20),
    "no delimiter": lambda e: ignored(e, request()),
    "only a delimiter": lambda e: ignored(e, b""),
    "an envelope": envelope,
    "two empty parts": lambda e: answer_to(e, b"", b""),
    "rubbish": lambda e: raw(e, bytes(range(256)) * 64),
    "zeros": lambda e: raw(e, bytes(4096), waits=False),
    "http": lambda e: raw(e, b"GET / HTTP/1.1\r\nHost: waybill\r\n\r\n", waits=False),
    "half a greeting": lambda e: raw(e, GREETING[:11], waits=False),
    "nothing": lambda e: raw(e, waits=False),
    "a frame of 2^63 bytes": lambda e: raw(e, GREETING, READY, b"\x02" + struct.pack(">Q", 1 << 63), b"x" * 64),
    "a frame of 1 GiB": lambda e: raw(e, GREETING, READY, b"\x02" + struct.pack(">Q", 1 << 30), b"x" * 64),
    "a frame that never ends": lambda e: raw(
        e, GREETING, READY, b"\x01\x00", b"\x02" + struct.pack(">Q", 1 << 19) + b"x" * 100, waits=False
    ),
    "an unknown command": lambda e: raw(e, GREETING, b"\x04\x06\x05GREET"),
}

if __name__ == "__main__":
    endpoint, case = sys.argv[1:]
    outcome = CASES[case](endpoint)
    good(endpoint)
    print(json.dumps(outcome))
