"""Publishers and workers as processes on hosts."""

import signal
import subprocess
import time

import msgpack
import zmq


class Service:
    """A process of waybill that is started again and again."""

    def __init__(self, name, host, network, folder, command, log):
        self.name, self.host, self.network, self.log = name, host, network, log
        self.output = folder / f"{name}.log"
        self.command = command
        self.process = None
        self.is_stopped = False
        self.generation = 0

    def start(self):
        with open(self.output, "a") as output:
            output.write(f"--- {self.log.now:.3f}\n")
            output.flush()
            self.process = subprocess.Popen(
                self.network.command(self.host, *self.command), stdout=output, stderr=output)
        self.is_stopped = False
        self.generation += 1

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.generation += 1
        self.process.kill()
        self.process.wait()
        self.process = None

    def terminate(self):
        """Returns the exit code; kills what has not ended in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        self.is_stopped = True

    def resume(self):
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
        self.is_stopped = False


class Client:
    """Asks one worker. A request that is not answered in time costs the socket."""

    context = zmq.Context()

    def __init__(self, endpoint, timeout=3.0):
        self.endpoint, self.timeout = endpoint, timeout
        self._socket = None

    def ask(self, request):
        """The bytes of the reply, or nil."""
        if self._socket is None:
            self._socket = self.context.socket(zmq.REQ)
            self._socket.linger = 0
            self._socket.connect(self.endpoint)
        try:
            self._socket.send(msgpack.packb(request), zmq.NOBLOCK)
            if self._socket.poll(int(self.timeout * 1000)):
                return self._socket.recv()
        except zmq.ZMQError:
            pass
        self.close()
        return None

    def close(self):
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def wait(self, request, limit):
        """Asks until something else than an error comes."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            reply = self.ask(request)
            if reply is not None and b"error" not in reply[:8]:
                return reply
            time.sleep(0.05)
        return None
