"""Asks a pool of workers by clients of two kinds: pool.py ENDPOINT COUNT. Every answer must be the right one."""

import collections
import json
import sys

import msgpack
import zmq

from wire import ask, connect, request, rpc


def check(reply, name, whole):
    if name:
        assert [image["repo_tags"] for image in reply["images"]] == [[name]], reply
    else:
        assert reply == whole, "two workers answer differently"


if __name__ == "__main__":
    endpoint, count = sys.argv[1], int(sys.argv[2])
    whole = ask(endpoint, request())
    names = ["", *(image["repo_tags"][0] for image in whole["images"] if len(image["repo_tags"]) == 1)]
    # A name that two images share is found twice.
    names = [name for name in names if names.count(name) == 1]

    requesters = [connect(zmq.REQ, endpoint) for _ in range(8)]
    for turn in range(count // len(requesters)):
        asked = [names[(turn + index) % len(names)] for index in range(len(requesters))]
        for socket, name in zip(requesters, asked):
            socket.send(request(name))
        for socket, name in zip(requesters, asked):
            check(msgpack.unpackb(socket.recv()), name, whole)

    # Replies of two workers overtake each other: the number of a request says which reply is whose.
    waiting = {}
    with connect(zmq.DEALER, endpoint) as dealer:
        for number in range(count):
            waiting[number] = names[number % len(names)]
            dealer.send_multipart([
                b"", rpc("ListImages", {"filter": {"image": {"image": waiting[number]}}}, number=number)
            ])
        while waiting:
            delimiter, reply = dealer.recv_multipart()
            kind, number, failure, result = msgpack.unpackb(reply)
            assert (delimiter, kind, failure) == (b"", 1, None), reply
            check(result, waiting.pop(number), whole)

    served = collections.Counter(
        ask(endpoint, rpc("Status"))[3]["sources"][0]["name"] for _ in range(10)
    )
    answered = count // len(requesters) * len(requesters) + count
    print(json.dumps({"answered": answered, "workers": served}))
