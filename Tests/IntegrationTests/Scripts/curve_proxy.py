"""A proxy that lets in whose certificates are in a folder: curve_proxy.py SECRET FOLDER FRONTEND BACKEND. Clients need no
keys, workers do."""

import sys
import threading
import time

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

secret_file, folder, frontend, backend = sys.argv[1:]
context = zmq.Context()
authenticator = ThreadAuthenticator(context)
authenticator.start()
clients = context.socket(zmq.ROUTER)
workers = context.socket(zmq.DEALER)
workers.curve_publickey, workers.curve_secretkey = zmq.auth.load_certificate(secret_file)
workers.curve_server = True
clients.bind(frontend)
workers.bind(backend)


def read_again():
    while True:
        authenticator.configure_curve(domain="*", location=folder)
        time.sleep(0.2)


threading.Thread(target=read_again, daemon=True).start()
zmq.proxy(clients, workers)
