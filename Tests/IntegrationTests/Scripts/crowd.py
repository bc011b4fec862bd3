"""Many clients, each of which asks once on a connection of its own and stays: crowd.py ENDPOINT COUNT.

Prints how many were served once no more are. At the signal USR1 those leave who found no place in the queue, and then
everyone who was served; prints how many were served in all, and how long that took.
"""

import errno
import json
import resource
import selectors
import signal
import socket
import struct
import sys
import time

from hostile import GREETING, READY
from wire import request

BODY = request("busybox")
# What a REQ socket says once the server has said READY.
REQUEST = b"\x01\x00" + b"\x00" + bytes([len(BODY)]) + BODY
# What stands in every reply, be it a list or an error.
ANSWERS = (b"images", b"error")
# A connection is tried again after as many seconds; TCP itself would wait longer each time.
RETRY = 1.0
# Nobody was served for as long: no more are.
QUIET = 1.0


class Crowd:
    def __init__(self, endpoint, count):
        if endpoint.startswith("ipc://"):
            self.family, self.address = socket.AF_UNIX, endpoint.removeprefix("ipc://")
        else:
            host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
            self.family, self.address = socket.AF_INET, (host, int(port))
        self.selector = selectors.EpollSelector()
        # Not yet connected, by when they began.
        self.connecting = {}
        self.idle = count
        self.replies = {}
        self.served = 0
        self.last_served = time.monotonic()

    def connect(self, now):
        """One more connection; false when the server takes none now."""
        client = socket.socket(self.family, socket.SOCK_STREAM)
        client.setblocking(False)
        # Closed without a trace, so that no port is kept.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        error = client.connect_ex(self.address)
        if error == errno.EAGAIN:
            client.close()
            return False
        assert error in (0, errno.EINPROGRESS), errno.errorcode[error]
        self.idle -= 1
        self.connecting[client] = now
        self.selector.register(client, selectors.EVENT_WRITE)
        return True

    def turn(self):
        """Does what is to be done just now."""
        now = time.monotonic()
        for client, began in list(self.connecting.items()):
            if now - began < RETRY:
                break
            self.leave(client)
            self.idle += 1
        for _ in range(min(self.idle, 500)):
            if not self.connect(now):
                break
        for key, events in self.selector.select(0.005):
            if events & selectors.EVENT_WRITE:
                self.greet(key.fileobj)
            else:
                self.read(key.fileobj)

    def greet(self, client):
        del self.connecting[client]
        client.sendall(GREETING + READY)
        self.selector.modify(client, selectors.EVENT_READ)
        self.replies[client] = b""

    def read(self, client):
        try:
            received = client.recv(65536)
        except ConnectionResetError:
            received = b""
        if not received:
            # TCP lets a client believe that it is connected while the queue is full, and gives up later.
            assert self.replies[client] is not None, "a client that was served was cut off"
            self.leave(client)
            self.idle += 1
            return
        if self.replies[client] is None:
            return
        if b"READY" in received:
            client.sendall(REQUEST)
        self.replies[client] += received
        if any(word in self.replies[client] for word in ANSWERS):
            self.replies[client] = None
            self.served += 1
            self.last_served = time.monotonic()

    def give_up(self):
        for client in list(self.connecting):
            self.leave(client)
        self.idle = 0

    def try_again(self):
        """Connects those anew who heard nothing: TCP tells a client that it is connected when the queue has no place
        for it, and then takes up to a minute."""
        for client in [client for client, reply in self.replies.items() if reply == b""]:
            self.leave(client)
            self.idle += 1

    def leave(self, client):
        self.connecting.pop(client, None)
        self.replies.pop(client, None)
        self.selector.unregister(client)
        client.close()


def main():
    endpoint, count = sys.argv[1], int(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    crowd = Crowd(endpoint, count)

    start = time.monotonic()
    while crowd.served < count and time.monotonic() - crowd.last_served < QUIET:
        crowd.turn()
    print(json.dumps({"served": crowd.served, "seconds": crowd.last_served - start}), flush=True)

    while signal.sigtimedwait([signal.SIGUSR1], 0) is None:
        crowd.turn()
    start = tried = time.monotonic()
    crowd.give_up()
    while crowd.replies or crowd.connecting or crowd.idle:
        if time.monotonic() - tried > RETRY:
            crowd.try_again()
            tried = time.monotonic()
        for client in [client for client, reply in crowd.replies.items() if reply is None]:
            crowd.leave(client)
        crowd.turn()
    print(json.dumps({"served": crowd.served, "seconds": time.monotonic() - start}), flush=True)


if __name__ == "__main__":
    main()
