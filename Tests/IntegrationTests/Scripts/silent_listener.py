"""Listens at a port, which it prints, where a connection is neither taken nor refused: the queue of those that wait is full."""

import select
import socket
import time

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
waiting = []
while True:
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    waiting.append(client)
    if not select.select([], [client], [], 0.2)[1]:
        break
print(listener.getsockname()[1], flush=True)
time.sleep(600)
