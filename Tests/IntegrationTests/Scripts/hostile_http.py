"""Does to an HTTP server what it should not suffer from, and asks as a monitor would meanwhile; prints a report."""

import json
import resource
import socket
import sys
import time

port = int(sys.argv[1])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def status_of(connection):
    reply = b""
    while chunk := connection.recv(65536):
        reply += chunk
    return int(reply.split(b" ", 2)[1]) if reply else 0


def ask(request=b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"):
    with connect() as connection:
        connection.sendall(request)
        return status_of(connection)


def monitor():
    """Asks as one does who tries again where the connection was taken away; the seconds until the answer."""
    begun = time.monotonic()
    while time.monotonic() < begun + 20:
        try:
            if ask() == 200:
                return time.monotonic() - begun
        except OSError:
            pass
    return 20.0


def long_head():
    with connect() as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(1024):
                connection.sendall(b"x" * (1 << 20))
        except OSError:
            pass
        return status_of(connection)


def slow_head():
    """A byte each half second: the seconds until the server has had enough."""
    begun = time.monotonic()
    with connect() as connection:
        connection.settimeout(0.5)
        for byte in b"GET / HTTP/1.1\r\nX: " + b"y" * 40:
            try:
                connection.sendall(bytes([byte]))
                if connection.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - begun


def crowd(count):
    """Opens connections that say nothing, and asks between them: how many, and the slowest answer."""
    connections, slowest = [], 0.0
    try:
        for number in range(count):
            connections.append(connect())
            if number % 500 == 499:
                slowest = max(slowest, monitor())
    except OSError:
        pass
    for connection in connections:
        connection.close()
    return len(connections), slowest


connections, slowest = crowd(min(10_000, hard - 100))
answers = [
    ask(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"),
    ask(b"\x00\xff\xfe\r\n\r\n"),
    ask(b"GET / SPDY/9\r\n\r\n"),
    ask(b"GET /nothing HTTP/1.1\r\n\r\n"),
    ask(b"HEAD /metrics?x=y HTTP/1.0\r\n\r\n"),
]
try:
    head = long_head()
except OSError:
    head = 0
print(
    json.dumps(
        {
            "slowest": slowest,
            "connections": connections,
            "longHead": head,
            "slowHeadSeconds": slow_head(),
            "answers": answers,
        }
    )
)
