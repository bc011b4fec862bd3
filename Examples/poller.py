#!/usr/bin/env python3
"""Prints what changes among the images of a worker: + is new, - is gone, ~ has changed.

usage: Examples/poller.py ENDPOINT [SECONDS]

It asks every SECONDS (5), and says which list it holds: as long as that is the current one, the reply is a few bytes.
A worker that is gone, or not ready, is waited for.
"""

import random
import sys
import time

import msgpack
import zmq

TIMEOUT = 2_000  # milliseconds
WORTH_ANOTHER_TRY = {"DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"}


def connect(context, endpoint):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.sndtimeo = socket.rcvtimeo = TIMEOUT
    socket.connect(endpoint)
    return socket


def print_changes(old, new):
    for id in sorted(old.keys() | new.keys()):
        if old.get(id) != new.get(id):
            mark = "+" if id not in old else "-" if id not in new else "~"
            image = new.get(id) or old[id]
            print(mark, id, " ".join(image["repo_tags"]) or "<none>", flush=True)


def poll(endpoint, seconds):
    context = zmq.Context()
    socket = connect(context, endpoint)
    etag, images = None, {}
    while True:
        try:
            socket.send(msgpack.packb({"if_none_match": etag}))
            reply = msgpack.unpackb(socket.recv())
        except zmq.Again:
            print("no answer, asking again", file=sys.stderr)
            # A REQ socket that waits for a reply cannot ask; a fresh one can, and never takes a late reply for its own.
            socket.close()
            socket = connect(context, endpoint)
            continue
        if error := reply.get("error"):
            print(f"{error['status']}: {error['message']}", file=sys.stderr)
            if error["status"] not in WORTH_ANOTHER_TRY:
                return 1
        elif not reply.get("not_modified"):
            changed = {image["id"]: image for image in reply["images"]}
            print_changes(images, changed)
            etag, images = reply["etag"], changed
        # Not to the second, so that many pollers do not come at once.
        time.sleep(seconds * random.uniform(0.9, 1.1))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    try:
        sys.exit(poll(sys.argv[1], float(sys.argv[2]) if len(sys.argv) == 3 else 5))
    except KeyboardInterrupt:
        pass
