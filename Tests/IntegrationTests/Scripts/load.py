"""Asks a pool without pause: load.py COUNT RATE TIMEOUT ATTEMPTS ENDPOINT…. Prints what became of the requests.

COUNT requests leave from 32 clients, one at a time from each, RATE a second at the most. Each has a number of its own,
and its answer must be that of the pool's list. An attempt that has no answer after TIMEOUT seconds, or an error that may
pass, is given up with its socket, and the next one, ATTEMPTS in all, goes to the next endpoint.
"""

import json
import sys
import time

import msgpack
import zmq

from wire import ask, connect, request, rpc

CLIENTS = 32
FILTER = {"filter": {"image": {"image": "busybox"}}}
TRANSIENT = {4, 8, 14}


class Load:
    def __init__(self, count, rate, timeout, attempts, endpoints):
        self.count, self.rate, self.timeout, self.attempts = count, rate, timeout, attempts
        self.endpoints = endpoints
        self.images = ask(endpoints[0], request("busybox"))["images"]
        assert len(self.images) == 1
        self.poller = zmq.Poller()
        self.clients = {}  # socket: (number, attempt, since when the request waits, when the attempt is given up)
        self.places = {}  # socket: the endpoint that it is connected to, by its number
        self.sent = 0
        self.answered = set()
        self.result = {"answered": 0, "twice": 0, "wrong": 0, "errors": {}, "lost": 0, "repeated": 0}
        self.waits = []
        self.slow = 0
        self.idle = []  # sockets of clients that have nothing more to ask

    def open(self, place, number, attempt, since):
        """A request on a socket of its own, where it is the first of its client or was given up before."""
        socket = connect(zmq.DEALER, self.endpoints[place % len(self.endpoints)])
        self.places[socket] = place
        self.poller.register(socket, zmq.POLLIN)
        self.send(socket, number, attempt, since)

    def send(self, socket, number, attempt, since):
        socket.send_multipart([b"", rpc("ListImages", FILTER, number=number)])
        self.clients[socket] = (number, attempt, since, time.monotonic() + self.timeout)

    def again(self, socket, reason):
        """Gives an attempt up with its socket, and makes the next one at the next endpoint, if there is one to make."""
        self.poller.unregister(socket)
        socket.close()
        number, attempt, since, _ = self.clients.pop(socket)
        place = self.places.pop(socket) + 1
        if attempt + 1 < self.attempts:
            self.result["repeated"] += 1
            if reason != "lost":
                time.sleep(0.01)
            self.open(place, number, attempt + 1, since)
            return
        if reason == "lost":
            self.result["lost"] += 1
        else:
            self.result["errors"][reason] = self.result["errors"].get(reason, 0) + 1
        if self.sent < self.count:
            self.sent += 1
            self.open(place, self.sent, 0, time.monotonic())

    def take(self, socket):
        delimiter, reply = socket.recv_multipart()
        kind, number, error, result = msgpack.unpackb(reply)
        expected, _, since, _ = self.clients[socket]
        if delimiter != b"" or kind != 1:
            self.result["wrong"] += 1
        elif number != expected:
            self.result["twice" if number in self.answered else "wrong"] += 1
        elif error is not None and error["code"] in TRANSIENT:
            self.again(socket, error["status"])
        elif error is not None or result["images"] != self.images:
            self.result["wrong"] += 1
        else:
            self.result["answered"] += 1
            self.answered.add(number)
            if result["etag"] == "slow":
                self.slow += 1
            else:
                self.waits.append(time.monotonic() - since)
            if self.sent < self.count:
                self.sent += 1
                self.send(socket, self.sent, 0, time.monotonic())
            else:
                self.idle.append(socket)
                self.clients[socket] = (0, 0, 0, float("inf"))

    def run(self):
        start = time.monotonic()
        print("asking", flush=True)
        for _ in range(min(CLIENTS, self.count)):
            self.sent += 1
            self.open(self.sent, self.sent, 0, time.monotonic())
        look = start
        while len(self.idle) < len(self.clients):
            for socket, _ in self.poller.poll(50):
                self.take(socket)
            now = time.monotonic()
            if self.sent > self.rate * (now - start):
                time.sleep(min(0.05, self.sent / self.rate - (now - start)))
            if now - look > 0.05:
                look = now
                for socket in [s for s, client in self.clients.items() if client[3] < now]:
                    self.again(socket, "lost")
        # A second answer would come now.
        time.sleep(0.5)
        for socket, _ in self.poller.poll(0):
            self.result["twice"] += 1
        self.waits.sort()
        self.result["slow"] = self.slow
        self.result["seconds"] = round(time.monotonic() - start, 3)
        self.result["longest"] = round(self.waits[-1], 4) if self.waits else 0
        self.result["p99"] = round(self.waits[len(self.waits) * 99 // 100], 4) if self.waits else 0
        print(json.dumps(self.result))


if __name__ == "__main__":
    count, rate, timeout, attempts, *endpoints = sys.argv[1:]
    Load(int(count), float(rate), float(timeout), int(attempts), endpoints).run()
