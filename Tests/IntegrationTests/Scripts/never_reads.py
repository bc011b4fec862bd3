"""Asks for more and more and reads no answer, while another client asks and does: never_reads.py ENDPOINT.

Stays connected until it is killed.
"""

import json
import sys
import time

import zmq

from wire import ask, connect, request

if __name__ == "__main__":
    endpoint = sys.argv[1]
    deaf = connect(zmq.DEALER, endpoint, rcvhwm=1, sndtimeo=0, rcvbuf=4096)
    sent = 0
    slowest = 0.0
    for _ in range(50):
        try:
            for _ in range(200):
                deaf.send_multipart([b"", request()])
                sent += 1
        except zmq.Again:
            pass
        start = time.monotonic()
        assert ask(endpoint, request("busybox"))["images"]
        slowest = max(slowest, time.monotonic() - start)
    print(json.dumps({"sent": sent, "slowest": slowest}), flush=True)
    time.sleep(600)
