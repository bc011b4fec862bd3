"""Connects a thousand times a second and leaves half a message behind now and then: storm.py ENDPOINT SECONDS.

Another client asks meanwhile, and must be answered.
"""

import json
import socket
import struct
import sys
import time

from hostile import GREETING, READY
from wire import ask, request

if __name__ == "__main__":
    endpoint, seconds = sys.argv[1], float(sys.argv[2])
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    address = (host, int(port))
    half = GREETING + READY + b"\x01\x00" + b"\x02" + struct.pack(">Q", 1 << 19) + b"x" * 1_000
    start = time.monotonic()
    connects, slowest, halves = 0, 0.0, []
    while (elapsed := time.monotonic() - start) < seconds:
        if connects > elapsed * 1_000:
            time.sleep(0.001)
            continue
        stream = socket.create_connection(address, timeout=20)
        connects += 1
        if connects % 100:
            stream.close()
            continue
        stream.sendall(half)
        halves.append(stream)
        asked = time.monotonic()
        assert ask(endpoint, request("busybox"))["images"]
        slowest = max(slowest, time.monotonic() - asked)
    print(json.dumps({"connects": connects, "halves": len(halves), "slowest": slowest}))
