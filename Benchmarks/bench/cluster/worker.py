"""The worker over etcd, and a client of it in Python."""

import pathlib
import re
import time

import msgpack
import zmq

from ..question import Failure
from ..server import READY_SECONDS, UNAVAILABLE, Server

NOT_THERE = msgpack.packb({"filter": {"image": {"image": "example.org/not/there"}}})


class Client:
    """A REQ socket."""

    def __init__(self, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 2)
        self.socket.setsockopt(zmq.RCVTIMEO, READY_SECONDS * 1_000)
        self.socket.connect(endpoint)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, request):
        """The bytes of the reply."""
        self.socket.send(request)
        try:
            return self.socket.recv()
        except zmq.Again:
            raise Failure(f"no reply within {READY_SECONDS} s") from None

    def call(self, method, **params):
        """The result of a MessagePack-RPC call."""
        _, _, error, result = msgpack.unpackb(self.ask(call(method, **params)))
        if error is not None:
            raise Failure(f"{method}: {error}")
        return result


def call(method, number=1, **params):
    return msgpack.packb([0, number, method, [params]])


def error_code(reply):
    """None for a reply that is none."""
    return msgpack.unpackb(reply)["error"]["code"] if reply[1:7] == b"\xa5error" else None


class Worker(Server):
    """`waybill worker`, of etcd or of a layout."""

    name = "waybill"

    def __init__(self, waybill, source, transport="tcp"):
        super().__init__(transport)
        self.words = [waybill, "worker", source, "--bind", self.endpoint, "--log-level", "error"]
        self.started = self.seconds_to_ready = None

    @classmethod
    def of_etcd(cls, waybill, etcd, **options):
        return cls(waybill, f"etcd:127.0.0.1:{etcd.port}", **options)

    def command(self):
        self.started = time.monotonic()
        return self.words

    def prepare(self):
        """Waits until it is ready, which is when it answers something else than UNAVAILABLE."""
        with self.client() as client:
            self.wait_for(lambda: None if error_code(client.ask(NOT_THERE)) == UNAVAILABLE else True)
            self.seconds_to_ready = time.monotonic() - self.started

    def client(self):
        return Client(self.endpoint)

    def expect(self, request, reply):
        """The question, once it is answered by these bytes."""
        question = self.question(request)
        if (found := question.reply.read_bytes()) != reply:
            raise Failure(f"a wrong reply of {len(found):,} bytes instead of {len(reply):,}: see {question.reply}")
        return question

    @property
    def anonymous_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(r"RssAnon:\s+(\d+) kB", status).group(1))
