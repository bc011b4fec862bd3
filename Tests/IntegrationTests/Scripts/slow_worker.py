"""A worker that takes its time, written from RFC 18/MDP alone: slow_worker.py BACKEND FRONTEND SECONDS.

Answers every request by the list that the pool has for it when it starts, marked by the etag "slow".
"""

import sys
import time

import msgpack
import zmq

from wire import ask, connect, request

HEADER, READY, REQUEST, FINAL, HEARTBEAT = b"MDPW02", b"\x01", b"\x02", b"\x04", b"\x05"

if __name__ == "__main__":
    backend, frontend, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    images = ask(frontend, request("busybox"))["images"]
    with connect(zmq.DEALER, backend) as socket:
        socket.send_multipart([HEADER, READY, b"waybill"])
        print("ready", flush=True)
        while True:
            if not socket.poll(500):
                socket.send_multipart([HEADER, HEARTBEAT])
                continue
            header, command, *rest = socket.recv_multipart()
            if command != REQUEST:
                socket.send_multipart([HEADER, HEARTBEAT])
                continue
            address, delimiter, body = rest
            time.sleep(seconds)
            _, number, _, _ = msgpack.unpackb(body)
            reply = [1, number, None, {"images": images, "etag": "slow"}]
            socket.send_multipart([HEADER, FINAL, address, b"", msgpack.packb(reply)])
