"""Asks again and again, as long as there is a worker, until it is killed: never_stops.py ENDPOINT."""

import sys

import zmq

from wire import connect, request

if __name__ == "__main__":
    with connect(zmq.DEALER, sys.argv[1]) as client:
        for _ in range(50):
            client.send_multipart([b"", request()])
        for number in range(1 << 62):
            client.recv_multipart()
            client.send_multipart([b"", request()])
            if number == 1_000:
                print("asking", flush=True)
