"""Who is asked: a process that is started, measured and ended."""

import dataclasses
import itertools
import json
import signal
import socket
import subprocess
import time

from .machine import SCRATCH
from .question import Failure, Question, decode

READY_SECONDS = 120
UNAVAILABLE = 14


@dataclasses.dataclass
class Sample:
    """What one round of one server came to."""

    per_second: float
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float
    cpu_us: float  # the server's, a request, all threads
    load_cores: float
    round: int = 0


@dataclasses.dataclass
class Load:
    """How a server is asked, for `seconds` after a warm-up."""

    seconds: float
    clients: int = 8
    pipeline: int = 1
    warmup: float = 0.1

    @property
    def arguments(self):
        given = ["--clients", self.clients, "--pipeline", self.pipeline]
        return given + ["--seconds", self.seconds, "--warmup", self.warmup, "--timeout", 30_000]


class Server:
    """A server for as long as a `with` lasts.

    One that does not speak ZMTP overrides `measure`, or has its own raw questions.
    """

    name = ""
    numbers = itertools.count()

    def __init__(self, transport="tcp"):
        self.transport = transport
        self.process = None
        self.log = SCRATCH / f"{self.name.split()[0].strip(',')}-{next(self.numbers)}.log"
        self.endpoint = f"ipc://{self.log.with_suffix('.sock')}" if transport == "ipc" else free_tcp_endpoint()

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        with open(self.log, "wb") as log:
            command = [str(word) for word in self.command()]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        try:
            self.prepare()
        except BaseException:
            self.kill()
            raise
        return self

    def prepare(self):
        """What is left to do when the process has just begun."""

    def __exit__(self, kind, *_):
        """Ends the process; one that has crashed, or does not end, is a failure, unless one is reported already."""
        if kind is not None:
            self.kill()
            return
        crashed = self.process.poll() is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not end within 10 s of SIGTERM") from None
        if crashed or self.process.returncode not in (0, -signal.SIGTERM):
            raise Failure(f"{self.name} ended with {self.process.returncode}{self.last_words()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait_for(self, get):
        """What `get` gives, as soon as that is not None."""
        deadline = time.monotonic() + READY_SECONDS
        while (found := get()) is None:
            if self.process.poll() is not None:
                raise Failure(f"{self.name} exited with {self.process.returncode}{self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} was not ready in {READY_SECONDS} s{self.last_words()}")
            time.sleep(0.005)
        return found

    def ask(self, request):
        """The bytes of the reply, or None if there is none."""
        path = self.log.with_suffix(".reply")
        command = [SCRATCH / "load", "--endpoint", self.endpoint, "--hex", request.hex(), "--timeout", "30000"]
        asked = subprocess.run(command + ["--once", "--save", path], capture_output=True)
        return path.read_bytes() if asked.returncode == 0 else None

    def fetch(self, request):
        """The bytes of the reply, as soon as it is more than 'not yet'."""

        def get():
            reply = self.ask(request)
            error = decode(reply).get("error") if reply and len(reply) < 1_000 else None
            if error and error["code"] != UNAVAILABLE:
                raise Failure(f"{self.name} answered with the error {error}")
            return None if error else reply

        return self.wait_for(get)

    def question(self, request):
        """The request with the reply that this server gives."""
        return Question.write(request, self.fetch(request))

    def measure(self, question, load):
        command = [SCRATCH / "load", "--endpoint", self.endpoint, "--server-pid", self.process.pid]
        command += question.arguments + load.arguments
        asked = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if asked.returncode != 0:
            time.sleep(0.5)  # a crashing process may still be on its way out
        if self.process.poll() is not None:
            raise Failure(f"{self.name} crashed with {self.process.returncode}{self.last_words()}")
        if asked.returncode != 0:
            raise Failure(f"{self.name}: {asked.stderr.strip() or asked.stdout.strip()}")
        line = json.loads(asked.stdout)
        return Sample(
            **{name: line[name] for name in ("per_second", "p50_us", "p90_us", "p99_us", "max_us")},
            cpu_us=line["server_cpu_seconds"] / line["requests"] * 1e6,
            load_cores=line["load_cpu_seconds"] / line["seconds"],
        )

    def last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        return "".join("\n    " + line for line in lines)


def free_tcp_endpoint():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"
