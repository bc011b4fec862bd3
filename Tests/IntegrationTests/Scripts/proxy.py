"""ZeroMQ's own proxy, as anybody would put it in front of workers. Prints where clients go, and where workers go."""

import zmq

context = zmq.Context()
clients = context.socket(zmq.ROUTER)
workers = context.socket(zmq.DEALER)
clients.bind("tcp://127.0.0.1:*")
workers.bind("tcp://127.0.0.1:*")
print(clients.last_endpoint.decode(), workers.last_endpoint.decode(), flush=True)
zmq.proxy(clients, workers)
