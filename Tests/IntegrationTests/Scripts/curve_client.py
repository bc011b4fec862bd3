"""Asks for ever on one connection, with certificates: curve_client.py ENDPOINT SERVER CLIENT. Prints what it is answered
when that changes: the number of images, or the name of an error."""

import sys
import time

import msgpack
import zmq
import zmq.auth

from wire import connect, request

endpoint, server, client = sys.argv[1:]
public, secret = zmq.auth.load_certificate(client)
keys = {
    "curve_serverkey": zmq.auth.load_certificate(server)[0],
    "curve_publickey": public,
    "curve_secretkey": secret,
}
# One connection: when it is lost, there is no other.
with connect(zmq.REQ, endpoint, reconnect_ivl=-1, **keys) as socket:
    last = None
    while True:
        socket.send(request())
        reply = msgpack.unpackb(socket.recv())
        answer = reply["error"]["status"] if "error" in reply else len(reply["images"])
        if answer != last:
            print(answer, flush=True)
        last = answer
        time.sleep(0.02)
