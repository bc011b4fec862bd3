"""Reads the first line of a worker's log and no more: deaf_log.py PROGRAM STORE ENDPOINT. Prints how it then ended."""

import os
import subprocess
import sys
import time

from wire import ask, request

program, store, endpoint = sys.argv[1:]
worker = subprocess.Popen([program, "worker", f"oci:{store}", "--bind", endpoint], stderr=subprocess.PIPE)
assert worker.stderr.readline()
worker.stderr.close()
deadline = time.monotonic() + 20
while "images" not in ask(endpoint, request()):
    assert time.monotonic() < deadline
    time.sleep(0.1)
# Two more lines: the store cannot be read, and can be read again.
os.rename(store, store + "-away")
while "stale" not in ask(endpoint, request()):
    assert time.monotonic() < deadline
    time.sleep(0.1)
os.rename(store + "-away", store)
while "stale" in ask(endpoint, request()):
    assert time.monotonic() < deadline
    time.sleep(0.1)
worker.terminate()
print(worker.wait(timeout=10))
