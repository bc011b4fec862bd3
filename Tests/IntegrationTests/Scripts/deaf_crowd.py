"""Clients that ask for lists and read nothing, while another asks and does: deaf_crowd.py ENDPOINT COUNT SECONDS.

Prints how often they asked, and the answers and the longest wait of the other one.
"""

import json
import sys
import time

import msgpack
import zmq

from wire import ask, connect, request

endpoint, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
crowd = [connect(zmq.DEALER, endpoint, rcvhwm=1, sndtimeo=0, rcvbuf=4096) for _ in range(count)]
asked, answered, refused, longest = 0, 0, 0, 0.0
end = time.monotonic() + seconds
while time.monotonic() < end:
    for number, client in enumerate(crowd):
        # Whole lists, which are shared, and pages that are not.
        body = request() if number % 2 else msgpack.packb({"limit": 50_000 + asked % 1_000})
        try:
            client.send_multipart([b"", body])
            asked += 1
        except zmq.Again:
            pass
    start = time.monotonic()
    reply = ask(endpoint, msgpack.packb({"limit": 1}))
    longest = max(longest, time.monotonic() - start)
    if "images" in reply:
        answered += 1
    else:
        refused += 1
    time.sleep(0.02)
print(json.dumps({"asked": asked, "answered": answered, "refused": refused, "longest": longest}))
