"""What the clients of these tests share."""

import msgpack
import zmq

TIMEOUT = 20_000
context = zmq.Context()


def connect(kind, endpoint, **options):
    socket = context.socket(kind)
    socket.linger = 0
    socket.rcvtimeo = socket.sndtimeo = TIMEOUT
    socket.ipv6 = True
    for name, value in options.items():
        setattr(socket, name, value)
    socket.connect(endpoint)
    return socket


def request(name=""):
    return msgpack.packb({"filter": {"image": {"image": name}}})


def rpc(method, *params, number=1):
    return msgpack.packb([0, number, method, list(params)])


def ask(endpoint, body):
    """One request on a connection of its own."""
    with connect(zmq.REQ, endpoint) as socket:
        socket.send(body)
        return msgpack.unpackb(socket.recv())


def error(reply):
    """The error of a reply that is one, in either form, and nothing else."""
    reply = msgpack.unpackb(reply)
    if isinstance(reply, dict) and set(reply) == {"error"}:
        found = reply["error"]
    elif isinstance(reply, list) and len(reply) == 4 and reply[0] == 1 and reply[3] is None:
        found = reply[2]
    else:
        raise AssertionError(f"not an error: {reply}")
    names = {3: "INVALID_ARGUMENT", 8: "RESOURCE_EXHAUSTED", 12: "UNIMPLEMENTED"}
    assert set(found) == {"code", "status", "message"} and found["message"], found
    assert names[found["code"]] == found["status"], found
    return found
