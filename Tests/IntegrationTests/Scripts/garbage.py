"""Sends requests that are all wrong, each in its own way: garbage.py ENDPOINT PID COUNT.

One DEALER, many requests on their way at a time. Each gets one error, or this fails.
"""

import collections
import json
import random
import sys
import time

import msgpack
import zmq

from wire import ask, connect, error, request, rpc

WINDOW = 400
KNOWN = {b"filter", b"limit", b"if_none_match", b"if_match", b"continue"}
VALID = [
    request(),
    request("busybox"),
    request("docker.io/library/busybox:latest"),
    msgpack.packb({}),
    msgpack.packb({"filter": {"image": "busybox", "annotations": {"a": "b", "c": "d"}}}),
    msgpack.packb({"limit": 3, "if_none_match": "e" * 64}),
    msgpack.packb({"limit": 3, "continue": "sha256:" + "1" * 64}),
    rpc("ListImages"),
    rpc("ListImages", {"filter": {"image": {"image": "busybox"}}}),
    rpc("Status", number=(1 << 32) - 1),
]


def may_be_valid(body):
    """Whether a worker may find nothing wrong with it. Says yes when in doubt."""
    try:
        value = msgpack.unpackb(body, raw=True, strict_map_key=False)
    except Exception:  # whatever it is that is wrong
        return False
    if isinstance(value, dict):
        return set(value) <= KNOWN
    # An empty array is an empty map.
    return isinstance(value, list) and (not value or len(value) == 4 and value[0] == 0)


def mutated(chance):
    body = bytearray(chance.choice(VALID))
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(body))
        match chance.randrange(4):
            case 0:
                body[where] = chance.randrange(256)
            case 1:
                body[where] ^= 1 << chance.randrange(8)
            case 2:
                body.insert(where, chance.randrange(256))
            case 3 if len(body) > 1:
                del body[where]
    return bytes(body)


def deep(chance):
    opening = chance.choice([b"\x91", b"\x81\xa1a", b"\xdc\x00\x01", b"\x81\xa6filter"])
    return opening * chance.randint(17, 2_000) + chance.choice([b"", b"\xc0", b"\x80"])


def liar(chance):
    """Declares a length and keeps it not."""
    head = chance.choice([b"\xdd", b"\xdf", b"\xdb", b"\xc6", b"\xc9"])
    return head + chance.randbytes(4) + chance.randbytes(chance.randrange(20))


def garbage(chance):
    match chance.randrange(6):
        case 0:
            body = chance.randbytes(chance.randint(0, 200))
        case 1 | 2:
            body = mutated(chance)
        case 3:
            whole = chance.choice(VALID)
            body = whole[: chance.randrange(len(whole))]
        case 4:
            body = deep(chance)
        case _:
            body = liar(chance)
    # What follows a whole request makes it wrong.
    return body + b"\xc0" if may_be_valid(body) else body


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def flood(endpoint, count, chance):
    codes = collections.Counter()
    with connect(zmq.DEALER, endpoint, sndhwm=2 * WINDOW, rcvhwm=2 * WINDOW) as client:
        sent = received = 0
        while received < count:
            while sent < count and sent - received < WINDOW:
                client.send_multipart([b"", garbage(chance)])
                sent += 1
            delimiter, reply = client.recv_multipart()
            assert delimiter == b""
            codes[error(reply)["status"]] += 1
            received += 1
        assert client.poll(200) == 0, "more replies than requests"
    return codes


if __name__ == "__main__":
    endpoint, pid, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", file=sys.stderr)
    chance = random.Random(seed)
    flood(endpoint, count // 10, chance)
    before = resident(pid)
    start = time.monotonic()
    codes = flood(endpoint, count, chance)
    seconds = time.monotonic() - start
    assert len(ask(endpoint, request())["images"]) > 0
    print(json.dumps({
        "replies": sum(codes.values()), "codes": codes, "before": before, "after": resident(pid), "seconds": seconds,
    }))
