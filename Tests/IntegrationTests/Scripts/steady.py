"""Asks a hundred times a second on one connection: steady.py ENDPOINT.

Prints the number of images whenever it is another one; when told to end, how often it asked and its longest wait.
"""

import json
import signal
import sys
import time

import msgpack
import zmq

from wire import connect, request

if __name__ == "__main__":
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    asked, longest, images = 0, 0.0, None
    with connect(zmq.REQ, sys.argv[1]) as client:
        while not stopping:
            start = time.monotonic()
            client.send(request())
            count = len(msgpack.unpackb(client.recv())["images"])
            longest = max(longest, time.monotonic() - start)
            asked += 1
            if count != images:
                images = count
                print(images, flush=True)
            time.sleep(0.01)
    print(json.dumps({"asked": asked, "longest": longest}), flush=True)
