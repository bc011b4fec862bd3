"""Stops a busy worker: stop.py ENDPOINT PID SIGNAL. Every request that was sent before the signal must be answered."""

import json
import os
import sys
import time

import msgpack
import zmq

from wire import connect, request

CLIENTS, EACH = 20, 50

if __name__ == "__main__":
    endpoint, pid, signal = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    clients = [connect(zmq.DEALER, endpoint) for _ in range(CLIENTS)]
    for client in clients:
        client.send_multipart([b"", request("busybox")])
        client.recv_multipart()
    for _ in range(EACH):
        for client in clients:
            client.send_multipart([b"", request()])
    os.kill(pid, signal)
    start = time.monotonic()
    answered = 0
    for client in clients:
        for _ in range(EACH):
            if not client.poll(max(0, 5_000 - int(1_000 * (time.monotonic() - start)))):
                break
            answered += len(msgpack.unpackb(client.recv_multipart()[1])["images"]) > 0
    print(json.dumps({"sent": CLIENTS * EACH, "answered": answered}))
