"""One client sends what is too large, again and again, while another asks: too_large.py CASE ENDPOINT SECONDS.

Prints how often it sent, how many answers the other one had, and its longest wait.
"""

import json
import sys
import threading
import time

import zmq

from wire import ask, connect, request

MEGABYTE = 1 << 20
case, endpoint, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
end = time.monotonic() + seconds
sent = 0


def messages():
    match case:
        case "a byte too many":
            yield [bytes(MEGABYTE + 1)]
        case "100 MiB":
            yield [bytes(100 * MEGABYTE)]
        case "a multipart message without end":
            # Until the sender goes: a socket that is closed in the midst of a message never sends the rest.
            yield [bytes(MEGABYTE)] * 200


def send():
    global sent
    while time.monotonic() < end:
        for parts in messages():
            with connect(zmq.DEALER, endpoint, sndtimeo=2_000, sndhwm=10) as client:
                try:
                    client.send(b"", zmq.SNDMORE)
                    for part in parts[:-1]:
                        client.send(part, zmq.SNDMORE, copy=False)
                    last = zmq.SNDMORE if case.startswith("a multipart") else 0
                    client.send(parts[-1], last, copy=False)
                except zmq.Again:
                    continue
                sent += 1
                client.poll(500)


sender = threading.Thread(target=send)
sender.start()
answered, longest = 0, 0.0
while time.monotonic() < end:
    start = time.monotonic()
    assert ask(endpoint, request("busybox"))["images"]
    longest = max(longest, time.monotonic() - start)
    answered += 1
    time.sleep(0.01)
sender.join()
print(json.dumps({"sent": sent, "answered": answered, "longest": longest}))
