"""ZeroMQ's own proxy, as anybody would put it in front of workers: proxy.py [FRONTEND BACKEND].

Prints where clients go, and where workers go.
"""

import sys

import zmq

frontend, backend = sys.argv[1:] or ["tcp://127.0.0.1:*"] * 2
context = zmq.Context()
clients = context.socket(zmq.ROUTER)
workers = context.socket(zmq.DEALER)
clients.bind(frontend)
workers.bind(backend)
print(clients.last_endpoint.decode(), workers.last_endpoint.decode(), flush=True)
zmq.proxy(clients, workers)
