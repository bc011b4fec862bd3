"""A broker of the version before: foreign_broker.py PORT. It answers everything by a heartbeat of its own."""

import sys

import zmq

socket = zmq.Context().socket(zmq.ROUTER)
socket.bind(f"tcp://127.0.0.1:{sys.argv[1]}")
while True:
    worker = socket.recv_multipart()[0]
    socket.send_multipart([worker, b"MDPW01", b"\x04"])
