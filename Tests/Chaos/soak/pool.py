"""A broker and three workers with keys, as processes that are started again and again."""

import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import zmq
import zmq.auth

FRONTEND, BACKEND = "tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556"
MAX_MEMORY = "256MiB"
LINE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')


def parse_metrics(text):
    """The values by their names and labels."""
    found = {}
    for line in text.splitlines():
        if (match := LINE.match(line)) is not None:
            found[match[1], match[2] or ""] = float(match[3])
    return found


class Process:
    """A service of waybill. Each of its lives has a number and a log of its own."""

    def __init__(self, name, folder, port, command, log):
        self.name, self.folder, self.port, self.command, self.log = name, folder, port, command, log
        self.process = None
        self.life = 0
        self.is_paused = False
        # The log of each life, with when it began and when it ended.
        self.lives = []

    def start(self):
        self.life += 1
        output = self.folder / f"{self.name}-{self.life}.log"
        with open(output, "w") as file:
            self.process = subprocess.Popen(list(map(str, self.command)), stdout=file, stderr=file)
        self.lives.append([output, time.monotonic(), None])

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def _ended(self):
        self.process = None
        self.is_paused = False
        self.lives[-1][2] = time.monotonic()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._ended()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self._ended()
        return code

    def pause(self):
        self.is_paused = True
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
        self.is_paused = False

    def get(self, path, timeout=5.0):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as reply:
            return reply.read().decode()

    def metrics(self, timeout=5.0):
        return parse_metrics(self.get("/metrics", timeout))


class Pool:
    WORKERS = ("killed-0", "killed-1", "steady")

    def __init__(self, options, folder, sources, log):
        self.log, self.folder = log, folder
        self.program = options.program
        self.keys = folder / "keys"
        for name in ("servers", "clients", "workers", "secret"):
            (self.keys / name).mkdir(parents=True)
        self._make_key("broker", "servers")
        self._make_key("worker", "workers")
        for number in range(options.clients):
            self._make_key(f"client-{number}", "clients")
        self._make_key("deaf", "clients")
        self._make_key("stranger", None)
        self.server_key = zmq.auth.load_certificate(self.keys / "servers" / "broker.key")[0]
        logs = folder / "logs"
        logs.mkdir()
        shared = ["--max-memory", MAX_MEMORY, "--log-format", "json", "--admin"]
        secret = self.keys / "secret"
        self.broker = Process("broker", logs, 9555, [
            self.program, "broker", "--frontend", FRONTEND, "--backend", BACKEND,
            "--curve-key", secret / "broker.key_secret", "--authorized-keys", self.keys / "clients",
            "--authorized-workers", self.keys / "workers", *shared, "127.0.0.1:9555"], log)
        self.workers = [
            Process(name, logs, port, [
                self.program, "worker", *sources, "--broker", BACKEND, "--server-key", self.keys / "servers",
                "--curve-key", secret / "worker.key_secret", "--node", name, *shared, f"127.0.0.1:{port}"], log)
            for port, name in enumerate(self.WORKERS, 9556)]
        self.processes = [self.broker, *self.workers]

    def _make_key(self, name, public):
        path = self.keys / "secret" / name
        subprocess.run([self.program, "keygen", path], check=True, stdout=subprocess.DEVNULL)
        certificate = pathlib.Path(f"{path}.key")
        if public is not None:
            certificate.rename(self.keys / public / certificate.name)

    def connect(self, context, name, server_key=None, **options):
        """A DEALER with the keys of a client."""
        public, secret = zmq.auth.load_certificate(self.keys / "secret" / f"{name}.key_secret")
        socket = context.socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_serverkey = server_key or self.server_key
        socket.curve_publickey, socket.curve_secretkey = public, secret
        for option, value in options.items():
            setattr(socket, option, value)
        socket.connect(FRONTEND)
        return socket

    def start(self):
        for process in self.processes:
            process.start()
        end = time.monotonic() + 60
        while self.joined() < len(self.workers):
            if time.monotonic() > end:
                raise OSError("the workers do not join within a minute")
            time.sleep(0.1)

    def joined(self):
        """How many workers the broker can give requests to."""
        try:
            metrics = self.broker.metrics()
        except OSError:
            return 0
        return sum(
            value for (name, labels), value in metrics.items()
            if name == "waybill_broker_workers" and "overdue" not in labels)

    def check_processes(self):
        """Nothing ends but what was killed."""
        for process in self.processes:
            if process.process is not None and (code := process.process.poll()) is not None:
                tail = process.lives[-1][0].read_text(errors="replace").splitlines()[-5:]
                process._ended()
                self.log.violate(f"{process.name} ended with {code}: {tail}")

    def stop(self):
        for process in reversed(self.processes):
            if process.is_running and (code := process.terminate()) != 0:
                self.log.violate(f"{process.name} ended with {code} after SIGTERM")

    def log_objects(self, path):
        """The lines of a log with the objects that they are; nil where a line is none."""
        for line in path.read_text(errors="replace").splitlines():
            try:
                yield line, json.loads(line)
            except json.JSONDecodeError:
                yield line, None
