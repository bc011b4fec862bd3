"""Debian's libzmq asks, is idle, and asks again on the same connection: idle.py ENDPOINT SECONDS."""

import sys
import time

import msgpack
import zmq

from wire import connect, request

with connect(zmq.REQ, sys.argv[1]) as client:
    for pause in [float(sys.argv[2]), 0]:
        client.send(request("busybox"))
        print(len(msgpack.unpackb(client.recv())["images"]), flush=True)
        time.sleep(pause)
