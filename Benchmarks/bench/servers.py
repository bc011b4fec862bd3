"""Who is measured over ZeroMQ, and Redis, which gets the same load."""

import json
import shutil
import socket
import sys
import threading
import urllib.request

from .machine import HERE, OWN, SCRATCH
from .question import WHOLE_LIST, Failure, Question, filter_request
from .server import READY_SECONDS, Server, free_tcp_endpoint


class Waybill(Server):
    """The worker as users run it, with a store: an OCI layout, unless `kind` is another one."""

    def __init__(self, store, transport="tcp", build=OWN, log_level="notice", connect=None, broker=None, kind="oci"):
        self.name = build.name
        super().__init__(transport)
        self.build = build
        self.source = f"{kind}:{store}"
        self.log_level = log_level
        if connect:
            self.place = ["--connect", connect]
        elif broker:
            self.place = ["--broker", broker]
        else:
            self.place = ["--bind", self.endpoint]

    def command(self):
        return [self.build.waybill, "worker", self.source, *self.place, "--log-level", self.log_level]


class Watched(Waybill):
    """The same with its usual logs, whose metrics are scraped in the middle of each round: more often than Prometheus does."""

    def __init__(self, layout):
        super().__init__(layout)
        self.admin = free_tcp_endpoint().removeprefix("tcp://")

    def command(self):
        return [*super().command(), "--admin", self.admin]

    def measure(self, question, load):
        scraped = []
        scrape = threading.Timer(load.warmup + load.seconds / 2, lambda: scraped.append(self.scrape()))
        scrape.start()
        sample = super().measure(question, load)
        scrape.join()
        if not scraped or b"waybill_requests_total{" not in scraped[0]:
            raise Failure("the worker gave no metrics")
        return sample

    def scrape(self):
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=READY_SECONDS) as reply:
            return reply.read()


class Registry(Server):
    """The worker's own code with generated images, changed on command: see RegistryBench."""

    def __init__(self, images, build=OWN):
        self.name = build.name
        super().__init__()
        self.build = build
        self.images = images

    def command(self):
        return [self.build.registry_bench, "--images", self.images, "--bind", self.endpoint]

    def prepare(self):
        """Waits until the images are in."""
        self.fetch(filter_request("nothing"))

    def begin(self, *words):
        """Gives a command; `finish` has its answer."""
        self.process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()

    def finish(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended at a command{self.last_words()}")
        return json.loads(line)

    def tell(self, *words):
        self.begin(*words)
        return self.finish()


class Fixed(Server):
    """The limit of the transport: libzmq's REP in C, which lends the same bytes to every request."""

    name = "C"

    def __init__(self, reply, transport="tcp"):
        super().__init__(transport)
        self.reply = reply

    def command(self):
        return [SCRATCH / "fixed", "--bind", self.endpoint, "--reply", self.reply]

    def prepare(self):
        self.wait_for(lambda: self.ask(WHOLE_LIST))


class Encoding(Server):
    """pyzmq and msgpack, encoding the list for each request."""

    name = "Python"

    def __init__(self, reply):
        super().__init__()
        self.reply = reply

    def command(self):
        return [sys.executable, HERE / "encoding_worker.py", "--bind", self.endpoint, "--reply", self.reply]

    def prepare(self):
        self.fetch(WHOLE_LIST)


class Redis(Server):
    """GET of a key that holds the reply of `question`."""

    name = "Redis"

    def __init__(self, question):
        super().__init__()
        self.port = int(self.endpoint.rpartition(":")[2])
        self.value = question.reply.read_bytes()
        # RESP: a request is an array of strings, each with its length before it.
        self.own_question = Question.write(b"*2\r\n$3\r\nGET\r\n$4\r\nlist\r\n", bulk(self.value), raw=True)

    @staticmethod
    def why_missing():
        return None if shutil.which("redis-server") else "redis-server is not installed"

    def command(self):
        return ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir", SCRATCH]

    def prepare(self):
        with self.wait_for(self.connect) as connection:
            connection.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\nlist\r\n" + bulk(self.value))
            if connection.recv(64) != b"+OK\r\n":
                raise Failure("Redis does not take the list")

    def connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port), timeout=READY_SECONDS)
        except ConnectionRefusedError:
            return None


def bulk(value):
    return b"$%d\r\n%b\r\n" % (len(value), value)
