"""Clients that do what they should not."""

import socket
import threading
import time

import msgpack
import zmq

from pool import FRONTEND


class Stranger(threading.Thread):
    """Comes again and again with a key that is not allowed, with another server's key, and without any."""

    PAUSE, PATIENCE = 1.0, 0.5

    def __init__(self, pool, log):
        super().__init__(daemon=True)
        self.pool, self.log = pool, log
        self.context = zmq.Context()
        self.other, _ = zmq.curve_keypair()
        self.visits = {
            "visits with a key that is not allowed": lambda: self._connect_with_keys(None),
            "visits with another server's key": lambda: self._connect_with_keys(self.other),
            "visits without a key": self._connect_in_the_clear}

    def _connect_with_keys(self, server_key):
        # Where the broker has ended the connection, nothing can be sent any more.
        return self.pool.connect(self.context, "stranger", server_key, sndtimeo=0)

    def _connect_in_the_clear(self):
        client = self.context.socket(zmq.DEALER)
        client.linger = client.sndtimeo = 0
        client.connect(FRONTEND)
        return client

    def run(self):
        while True:
            for name, connect in self.visits.items():
                if self.log.is_over.wait(self.PAUSE):
                    return
                with connect() as client:
                    try:
                        client.send_multipart([b"", msgpack.packb({})])
                    except zmq.Again:
                        self.log.count("visits that ended before a request")
                    if client.poll(int(1000 * self.PATIENCE)):
                        self.log.violate(f"a stranger is answered: {name}")
                self.log.count(name)


class DeafClient(threading.Thread):
    """Has a key, asks for whole lists, and never reads an answer. It has filled all queues within half a minute."""

    def __init__(self, pool, log):
        super().__init__(daemon=True)
        self.pool, self.log = pool, log

    def run(self):
        client = self.pool.connect(zmq.Context(), "deaf", rcvhwm=1, rcvbuf=4096, sndtimeo=0)
        begun = time.monotonic()
        while not self.log.is_over.wait(0.02 if time.monotonic() < begun + 30 else 0.5):
            try:
                client.send_multipart([b"", msgpack.packb({})])
                self.log.count("requests of a client that never reads")
            except zmq.Again:
                self.log.count("requests of a client that never reads, not taken")
        client.close()


class SlowReader(threading.Thread):
    """Clients of HTTP that send a byte a second."""

    COUNT = 5

    def __init__(self, pool, log):
        super().__init__(daemon=True)
        self.pool, self.log = pool, log

    def run(self):
        open_connections = []
        while not self.log.is_over.wait(1.0):
            for process in self.pool.processes:
                mine = [connection for connection in open_connections if connection[0] is process]
                for _ in range(self.COUNT - len(mine)):
                    try:
                        connection = socket.create_connection(("127.0.0.1", process.port), timeout=0.5)
                    except OSError:
                        break
                    connection.setblocking(False)
                    open_connections.append((process, connection, iter(b"GET /metrics HTTP/1.1\r\nHost: slow\r\nX: ")))
                    self.log.count("slow connections over HTTP")
            for item in list(open_connections):
                _, connection, text = item
                try:
                    connection.send(bytes([next(text, ord("x"))]))
                    is_over = connection.recv(1) == b""
                except BlockingIOError:
                    is_over = False
                except OSError:
                    is_over = True
                if is_over:
                    connection.close()
                    open_connections.remove(item)
