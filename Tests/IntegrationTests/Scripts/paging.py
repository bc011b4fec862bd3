"""Pages through a list again and again by many clients, until it is killed: paging.py ENDPOINT CLIENTS."""

import sys

import msgpack
import zmq

from wire import connect

if __name__ == "__main__":
    endpoint, count = sys.argv[1], int(sys.argv[2])
    poller = zmq.Poller()
    for _ in range(count):
        client = connect(zmq.REQ, endpoint)
        client.send(msgpack.packb({"limit": 1}))
        poller.register(client, zmq.POLLIN)
    pages = 0
    while True:
        for client, _ in poller.poll():
            page = msgpack.unpackb(client.recv())
            # A service that stops may refuse the next page.
            following = {"continue": page["continue"]} if page.get("continue") else {}
            client.send(msgpack.packb({"limit": 1, **following}))
            pages += 1
            if pages == 10 * count:
                print("paging", flush=True)
