#!/usr/bin/env python3
"""Lists the names of a worker's images: list_images.py [ENDPOINT [NAME]]. Needs `pip install pyzmq msgpack`."""

import sys

import msgpack
import zmq

endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555"
name = sys.argv[2] if len(sys.argv) > 2 else ""  # of no name: every image
seconds = 5

with zmq.Context() as context, context.socket(zmq.REQ) as socket:
    socket.linger = 0  # do not wait for a worker that is not there when leaving
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        sys.exit(f"{endpoint} is no endpoint, such as tcp://127.0.0.1:5555: {error.strerror}")
    socket.send(msgpack.packb({"filter": {"image": {"image": name}}}))
    if not socket.poll(1000 * seconds):
        # A REQ socket that lost its reply cannot send again: to try once more, make a new one.
        sys.exit(f"no answer from {endpoint} within {seconds} seconds: is a worker running there?")
    reply = msgpack.unpackb(socket.recv())

if error := reply.get("error"):
    sys.exit(f"{error['status']}: {error['message']}")
if "left_out" in reply or "stale" in reply:
    print("not whole:", reply.get("left_out", 0), "left out, stale:", reply.get("stale", []), file=sys.stderr)
for image in reply["images"]:
    for tag in image["repo_tags"] or image["repo_digests"] or [image["id"]]:
        print(tag)
