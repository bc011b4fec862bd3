"""As much of HTTP/2 as it takes to call etcd over thousands of connections at once, which gRPC's own library cannot."""

import asyncio

from ..question import Failure

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
WINDOW = 1 << 30  # more than a connection receives here


class CallError(Exception):
    """A call that failed, or a connection that was lost."""


class RefusedError(CallError):
    """Nobody listens."""


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def text(value):
    return bytes([len(value)]) + value


def request_headers(path):
    """By HPACK, without its tables of what was said before."""
    post, http, named_path, authority, content_type, new_name = b"\x83", b"\x86", b"\x04", b"\x01", b"\x0f\x10", b"\x00"
    headers = post + http + named_path + text(path.encode()) + authority + text(b"localhost")
    headers += content_type + text(b"application/grpc") + new_name + text(b"te") + text(b"trailers")
    return headers + new_name + text(b"hasleader") + text(b"true")


class Connection(asyncio.Protocol):
    """Calls of one message each way, over one connection."""

    headers = {}

    def __init__(self):
        self.transport = None
        self.received = bytearray()
        self.next_stream = 1
        self.calls = {}

    @classmethod
    async def open(cls, port):
        try:
            _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        except OSError as error:
            raise RefusedError(str(error)) from error
        return connection

    def close(self):
        self.transport.abort()

    def connection_made(self, transport):
        self.transport = transport
        settings = INITIAL_WINDOW_SIZE.to_bytes(2, "big") + WINDOW.to_bytes(4, "big")
        window = frame(WINDOW_UPDATE, 0, 0, WINDOW.to_bytes(4, "big"))
        transport.write(PREFACE + frame(SETTINGS, 0, 0, settings) + window)

    def connection_lost(self, error):
        for _, done in self.calls.values():
            if not done.done():
                done.set_exception(CallError(f"connection lost: {error}"))
        self.calls = {}

    async def call(self, path, request, reply):
        """The reply, of this class."""
        if self.transport.is_closing():
            raise CallError("connection lost")
        if path not in self.headers:
            self.headers[path] = request_headers(path)
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        message = request.SerializeToString()
        body = b"\x00" + len(message).to_bytes(4, "big") + message
        done = asyncio.get_running_loop().create_future()
        self.calls[stream] = bytearray(), done
        head = frame(HEADERS, END_HEADERS, stream, self.headers[path])
        self.transport.write(head + frame(DATA, END_STREAM, stream, body))
        # gRPC sends no message where a call fails; its status is in headers, which are not read here.
        if len(data := await done) < 5:
            raise CallError(f"{path} failed")
        return reply.FromString(bytes(data[5:]))

    def data_received(self, data):
        self.received += data
        start = 0
        while len(self.received) - start >= 9:
            end = start + 9 + int.from_bytes(self.received[start : start + 3], "big")
            if len(self.received) < end:
                break
            kind, flags = self.received[start + 3], self.received[start + 4]
            stream = int.from_bytes(self.received[start + 5 : start + 9], "big")
            self.take(kind, flags, stream, self.received[start + 9 : end])
            start = end
        del self.received[:start]

    def take(self, kind, flags, stream, payload):
        if kind == PING and not flags & ACK:
            self.transport.write(frame(PING, ACK, 0, payload))
        elif kind == SETTINGS and not flags & ACK:
            self.transport.write(frame(SETTINGS, ACK, 0, b""))
        elif kind == GOAWAY:
            self.transport.close()
        elif stream in self.calls:
            data, done = self.calls[stream]
            if kind == DATA:
                data += payload
            if kind == RESET or kind in (DATA, HEADERS) and flags & END_STREAM:
                del self.calls[stream]
                if not done.done():
                    done.set_result(data)
        elif kind > 9:
            raise Failure(f"an HTTP/2 frame of the kind {kind}")
