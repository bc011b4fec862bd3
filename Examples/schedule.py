#!/usr/bin/env python3
"""Places pods where they start soonest: on the nodes that hold most bytes of their images, each for a few pods.

usage: Examples/schedule.py ENDPOINT NODE=PODS[,NODE=PODS…] < PODS

NODE=PODS are the nodes that may be used and how many pods each has room for. Each line of standard input is a pod: its
name and its images, with blanks between. Each line of the output is a pod, its node, and how many bytes that still has to
pull, as far as their size is known.
"""

import sys

import msgpack
import zmq

SECONDS = 5


class Worker:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.connect(endpoint)

    def call(self, method, request):
        self.socket.send(msgpack.packb([0, 1, method, [request]]))
        if not self.socket.poll(1000 * SECONDS):
            sys.exit(f"no answer from {self.endpoint} within {SECONDS} seconds")
        reply = msgpack.unpackb(self.socket.recv())
        # A broker answers what it could not pass on by a map.
        error = reply["error"] if isinstance(reply, dict) else reply[2]
        if error:
            sys.exit(f"{error['status']}: {error['message']}")
        return reply[3]


def place(worker, images, room):
    """The node with room that has most of the images already, or else the one with most room; and what it has to pull."""
    locality = worker.call("ImageLocality", {"images": images, "limit": 1_000})
    total = sum(image["size"] for image in locality["images"])
    for node in locality["nodes"]:  # most bytes first
        if room.get(node["name"], 0) > 0:
            return node["name"], max(0, total - node["bytes"])
    # None of those that hold any of it has room.
    name = max(room, key=room.get)
    if room[name] == 0:
        sys.exit("no node has room for more pods")
    return name, total


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    worker = Worker(sys.argv[1])
    # A node that does not say what it has is not asked to run anything.
    known = {node["name"] for node in worker.call("ListNodes", {})["nodes"] if node["state"] == "current"}
    room = {name: int(pods) for name, _, pods in (part.partition("=") for part in sys.argv[2].split(","))}
    for name in room.keys() - known:
        print(f"{name}: no node that is current", file=sys.stderr)
        del room[name]
    if not room:
        sys.exit("there is no node to use")
    for line in sys.stdin:
        if words := line.split():
            node, missing = place(worker, words[1:], room)
            room[node] -= 1
            print(words[0], node, missing, flush=True)


if __name__ == "__main__":
    main()
