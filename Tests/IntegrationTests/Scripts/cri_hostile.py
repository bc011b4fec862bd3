"""A client of CRI that means harm: cri_hostile.py SOCKET KIND. Says `done` when it has, and stays.

  timeout   names timeouts that are none
  streams   opens a thousand calls on one connection, and ends none
  large     sends a request of 64 MiB
  garbage   sends random bytes, after the preface and without it
  http1     speaks HTTP/1
  deaf      asks for the whole list two thousand times, on twenty connections, and reads nothing
  crowd     makes a thousand connections
  broken    two thousand times, opens three calls and then breaks the protocol
"""

import os
import socket
import sys
import time

path, kind = sys.argv[1:]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.settimeout(5)
    return connection


def frame(kind, flags, stream, body=b""):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def headers(stream, **more):
    """A call of ListImages: fields that stand in no table."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/runtime.v1.ImageService/ListImages",
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
        **more,
    }
    body = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields.items()
    )
    return frame(HEADERS, END_HEADERS, stream, body)


def send(connection, data):
    """Sends what can be sent: the other end may have enough of it."""
    try:
        connection.sendall(data)
    except OSError:
        pass


def opened():
    connection = connect()
    send(connection, PREFACE + frame(SETTINGS, 0, 0))
    return connection


kept = []
if kind == "timeout":
    for value in ["-1n", "99999999H", "-9999999S", "999999999n", "1x", "", "S", "1", "+1S"]:
        kept.append(opened())
        send(kept[-1], headers(1, **{"grpc-timeout": value}) + frame(DATA, END_STREAM, 1, bytes(5)))
    time.sleep(1)
elif kind == "streams":
    kept.append(opened())
    for number in range(1000):
        send(kept[0], headers(2 * number + 1))
elif kind == "large":
    kept.append(opened())
    size = 64 << 20
    send(kept[0], headers(1) + frame(DATA, 0, 1, b"\0" + size.to_bytes(4, "big")))
    for _ in range(size >> 14):
        send(kept[0], frame(DATA, 0, 1, bytes(1 << 14)))
elif kind == "garbage":
    for number in range(100):
        kept.append(connect())
        send(kept[-1], (PREFACE if number % 2 else b"") + os.urandom(10_000))
elif kind == "http1":
    for _ in range(100):
        kept.append(connect())
        send(kept[-1], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
elif kind == "deaf":
    # A window so large that nothing but the socket holds the server back.
    window = frame(SETTINGS, 0, 0, (4).to_bytes(2, "big") + (2**31 - 1).to_bytes(4, "big"))
    grow = frame(8, 0, 0, (2**31 - 1 - 65535).to_bytes(4, "big"))
    for _ in range(20):
        connection = connect()
        send(connection, PREFACE + window + grow)
        for number in range(100):
            stream = 2 * number + 1
            send(connection, headers(stream) + frame(DATA, END_STREAM, stream, bytes(5)))
        kept.append(connection)
    time.sleep(2)
elif kind == "broken":
    for _ in range(2000):
        connection = opened()
        for stream in (1, 3, 5):
            send(connection, headers(stream) + frame(DATA, END_STREAM, stream, bytes(5)))
        # Data of a stream that nobody opened.
        send(connection, frame(DATA, END_STREAM, 99, bytes(5)))
        connection.close()
    time.sleep(1)
elif kind == "crowd":
    for _ in range(1000):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(1)
        try:
            connection.connect(path)
        except OSError:
            continue
        kept.append(connection)
print("done", flush=True)
time.sleep(600)
