"""A worker as others write them: foreign_worker.py KIND BACKEND. It says READY, and a heartbeat every 2.5 seconds."""

import sys
import time

import zmq

from wire import connect

head = {
    "MDPW01": [b"", b"MDPW01"],
    "MDPW01 without a delimiter": [b"MDPW01"],
    "MDPW02": [b"MDPW02"],
    "nonsense": [b"nonsense"],
}[sys.argv[1]]
heartbeat = b"\x05" if sys.argv[1] == "MDPW02" else b"\x04"

with connect(zmq.DEALER, sys.argv[2]) as socket:
    socket.send_multipart(head + [b"\x01", b"waybill"])
    pause = 2.5 if sys.argv[1] == "MDPW02" else 0.2
    while True:
        time.sleep(pause)
        socket.send_multipart(head + [heartbeat])
