"""Holds a port and is no broker and no proxy: stranger.py KIND PORT. It stays until it is killed."""

import random
import socket
import sys
import time

import zmq

HEADER, REQUEST = b"MDPW02", b"\x02"
kind, port = sys.argv[1], int(sys.argv[2])
endpoint = f"tcp://127.0.0.1:{port}"
context = zmq.Context()


def speak(words):
    """Says something to everybody who comes, and listens to nothing."""
    listener = socket.create_server(("127.0.0.1", port))
    print("there", flush=True)
    guests = []
    while True:
        guest, _ = listener.accept()
        guests.append(guest)
        try:
            guest.sendall(words)
        except OSError:
            pass


def bind(kind, **options):
    peer = context.socket(kind)
    for name, value in options.items():
        setattr(peer, name, value)
    peer.bind(endpoint)
    print("there", flush=True)
    return peer


def send_large():
    """Two megabytes for whoever says READY."""
    broker = bind(zmq.ROUTER)
    while True:
        worker = broker.recv_multipart()[0]
        broker.send_multipart([worker, HEADER, REQUEST, b"client", b"", bytes(2 << 20)])


def send_only():
    """More requests than answers fit between the two."""
    broker = bind(zmq.ROUTER, sndhwm=0, rcvhwm=1, rcvbuf=4096)
    worker = broker.recv_multipart()[0]
    for _ in range(200_000):
        broker.send_multipart([worker, HEADER, REQUEST, b"client", b"", b"\x80"])
    time.sleep(600)


match kind:
    case "SSH":
        speak(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    case "garbage":
        speak(random.randbytes(100_000))
    case "silence":
        speak(b"")
    case "ZMTP of another kind":
        bind(zmq.PUB)
        time.sleep(600)
    case "another mechanism":
        bind(zmq.ROUTER, plain_server=True)
        time.sleep(600)
    case "large frames":
        send_large()
    case "no reading":
        send_only()
