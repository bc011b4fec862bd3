"""What stands between clients and workers: libzmq's own proxy, and waybill's broker."""

import contextlib

from .machine import OWN, SCRATCH, first_match, output
from .question import WHOLE_LIST
from .server import Server, free_tcp_endpoint
from .servers import Waybill

WORKERS = 2


class Proxy(Server):
    """zmq_proxy, and the workers behind it. What is measured of its CPU time is the proxy's alone."""

    name = "zmq_proxy"

    def __init__(self, layout, build=OWN):
        super().__init__()
        self.layout = layout
        self.build = build
        self.back = free_tcp_endpoint()
        self.workers = None

    def command(self):
        return [SCRATCH / "proxy", self.endpoint, self.back]

    def worker(self):
        return Waybill(self.layout, build=self.build, connect=self.back)

    def prepare(self):
        with contextlib.ExitStack() as workers:
            for _ in range(WORKERS):
                workers.enter_context(self.worker())
            # Each gets its turn, so that none still reads its store when the rounds begin.
            for _ in range(2 * WORKERS):
                self.fetch(WHOLE_LIST)
            self.workers = workers.pop_all()

    def __exit__(self, *failure):
        try:
            self.workers.__exit__(*failure)
        finally:
            super().__exit__(*failure)


class Broker(Proxy):
    name = "waybill broker"

    @staticmethod
    def why_missing():
        known = first_match(r"(?m)^\s+(broker)\b", output(OWN.waybill, "--help"))
        return None if known else "this waybill has none"

    def command(self):
        return [self.build.waybill, "broker", "--frontend", self.endpoint, "--backend", self.back]

    def worker(self):
        return Waybill(self.layout, build=self.build, broker=self.back)
