"""CRI's own ListImages, with the same images: by containerd, and by a server in Go."""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import tarfile

from .machine import FIXED_FACE, HERE, OWN, ROOT, SCRATCH, cpu_seconds
from .question import Failure, decode, layout_tags
from .server import Sample, Server

CALL = "/runtime.v1.ImageService/ListImages"
HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
NOBODY_LISTENS = 7  # curl's exit code
NO_FIELDS = bytes(5)  # gRPC's frame of a message without fields: not compressed, 0 bytes

GO_PROGRAM = SCRATCH / "cri"

CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{socket}"
[ttrpc]
  address = "{folder}/containerd.ttrpc.sock"
"""


class CRI(Server):
    """A server of CRI, with a folder of its own.

    Asked by h2load: the order of the images may vary, so that instead of each byte the size of each reply is checked,
    and the images of some replies."""

    def __init__(self, layout):
        super().__init__()
        self.layout = layout
        self.folder = self.log.with_suffix("")
        self.request = self.folder / "request"
        self.authority = self.endpoint.removeprefix("tcp://")
        self.unix_socket = None
        # containerd's CRI part follows its store by events, so that its list is there a while after the images.
        self.tags = {image: sorted(of) for image, of in layout_tags(layout).items()}

    @staticmethod
    def missing_tools(*tools):
        missing = [tool for tool in (*tools, "curl", "h2load") if not shutil.which(tool)]
        return f"not installed: {', '.join(missing)}" if missing else None

    def command(self):
        self.folder.mkdir()
        self.request.write_bytes(NO_FIELDS)

    def prepare(self):
        self.wait_for(lambda: True if list_images(self.call()) == self.tags else None)

    def call(self):
        """One reply, as it is on the wire."""
        command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge", *HEADERS]
        command += ["--unix-socket", self.unix_socket] if self.unix_socket else []
        command += ["--data-binary", f"@{self.request}", f"http://{self.authority}{CALL}"]
        called = subprocess.run(command, capture_output=True)
        if called.returncode not in (0, NOBODY_LISTENS):
            raise Failure(f"curl: {called.stderr.decode(errors='replace').strip()}")
        return called.stdout

    def measure(self, question, load):
        """The question is the call itself: `question` is not used."""
        reply = self.call()
        warmed_up = self.ask_by_h2load(max(8 * load.clients, 64), reply, load)
        return self.ask_by_h2load(max(int(warmed_up.per_second * load.seconds), load.clients), reply, load)

    def ask_by_h2load(self, requests, reply, load):
        log = self.folder / "times"
        log.unlink(missing_ok=True)
        command = ["h2load", "--requests", requests, "--clients", load.clients, "--max-concurrent-streams", 1]
        command += [*HEADERS, "--data", self.request, "--log-file", log]
        address = f"unix:{self.unix_socket}" if self.unix_socket else f"http://{self.authority}"
        command += ["--base-uri", address, f"http://{self.authority}{CALL}"]
        cpu, own = cpu_seconds(self.process.pid), children_seconds()
        asked = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        cpu, own = cpu_seconds(self.process.pid) - cpu, children_seconds() - own
        rate = re.search(r"finished in \S+ ([\d.]+) req/s", asked.stdout.replace(",", ""))
        data = re.search(r"\((\d+)\) data$", asked.stdout, re.MULTILINE)
        if asked.returncode != 0 or not rate or not data:
            raise Failure(f"h2load: {asked.stderr.strip() or asked.stdout.strip()}")
        if f"{requests} succeeded" not in asked.stdout or int(data.group(1)) != requests * len(reply):
            raise Failure(f"{self.name}: not {requests} replies of {len(reply)} bytes:\n{asked.stdout}")
        per_second = float(rate.group(1))
        times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
        percentiles = statistics.quantiles(times, n=100, method="inclusive")
        return Sample(
            per_second=per_second,
            p50_us=percentiles[49],
            p90_us=percentiles[89],
            p99_us=percentiles[98],
            max_us=times[-1],
            cpu_us=cpu / requests * 1e6,
            load_cores=own * per_second / requests,
        )


class Containerd(CRI):
    """containerd, with the images in its own store."""

    name = "containerd"

    def __init__(self, layout):
        super().__init__(layout)
        self.authority = "localhost"
        self.unix_socket = self.folder / "containerd.sock"

    @classmethod
    def why_missing(cls):
        return "containerd runs as root only" if os.geteuid() != 0 else cls.missing_tools("containerd", "ctr")

    def command(self):
        super().command()
        config = self.folder / "config.toml"
        config.write_text(CONFIG.format(folder=self.folder, socket=self.unix_socket))
        return ["containerd", "--config", config, "--log-level", "warn"]

    def prepare(self):
        archive = self.folder / "images.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(self.layout, "")
        self.wait_for(lambda: self.unix_socket.exists() or None)
        command = ["ctr", "--address", self.unix_socket, "--namespace", "k8s.io", "images", "import", "--no-unpack"]
        imported = subprocess.run([*command, archive], capture_output=True, text=True)
        if imported.returncode != 0:
            raise Failure(f"ctr: {imported.stderr.strip()}")
        archive.unlink()
        super().prepare()


class Face(CRI):
    """waybill, which answers CRI at one socket and ZeroMQ at another."""

    def __init__(self, layout, build=OWN):
        self.name = build.name
        super().__init__(layout)
        self.build = build
        self.authority = "localhost"
        self.unix_socket = self.folder / "cri.sock"

    def command(self):
        super().command()
        return [self.build.waybill, "worker", f"oci:{self.layout}", "--bind", self.endpoint, "--cri", f"unix://{self.unix_socket}"]

    def measure_over_zeromq(self, question, load):
        return Server.measure(self, question, load)

    def load(self, clients):
        """The words of a load that does not end."""
        command = ["h2load", "--duration", 3600, "--clients", clients, "--max-concurrent-streams", 1, *HEADERS]
        return [*command, "--data", self.request, "--base-uri", f"unix:{self.unix_socket}", f"http://localhost{CALL}"]


class FixedFace(CRI):
    """The limit of the transport: grpc-swift, which sends the same bytes to every call."""

    name = "grpc-swift"

    def __init__(self, layout, reply):
        super().__init__(layout)
        self.reply = reply
        self.authority = "localhost"
        self.unix_socket = self.folder / "cri.sock"

    def command(self):
        super().command()
        message = self.folder / "message"
        message.write_bytes(self.reply[5:])
        return [FIXED_FACE, "--socket", self.unix_socket, "--message", message]


class GoServer(CRI):
    """gRPC for Go, with the images in memory and each reply encoded anew."""

    name = "Go gRPC"

    def __init__(self, layout, reply):
        super().__init__(layout)
        self.reply = reply

    @classmethod
    def why_missing(cls):
        if why := cls.missing_tools("go"):
            return why
        return None if GO_PROGRAM.exists() or build_go_program() else "gRPC for Go is not installed"

    def command(self):
        super().command()
        images = self.folder / "images.json"
        images.write_text(json.dumps(decode(self.reply.read_bytes())["images"]))
        return [GO_PROGRAM, "-listen", self.authority, "-images", images]


def build_go_program():
    """With Debian's packages of Go; whether that succeeds."""
    paths = {"GOPATH": "/usr/share/gocode", "GOCACHE": str(ROOT / ".build" / "go")}
    command = ["go", "build", "-o", GO_PROGRAM, HERE / "cri.go"]
    return subprocess.run(command, env=os.environ | paths | {"GO111MODULE": "off"}).returncode == 0


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def list_images(frame):
    """The tags of each image id in a gRPC frame with a ListImagesResponse."""
    if len(frame) < 5 or frame[0] != 0 or int.from_bytes(frame[1:5], "big") != len(frame) - 5:
        return {}  # only trailers: an error, such as that the server is not initialized yet
    images = {}
    for _, image in fields(frame[5:]):
        values = [(number, value) for number, value in fields(image) if number in (1, 2)]
        tags = sorted(value.decode() for number, value in values if number == 2)
        images[next(value.decode() for number, value in values if number == 1)] = tags
    return images


def fields(message):
    """The fields of a protobuf message: their numbers, and the bytes of those that have a length."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
        elif kind == 2:
            length = varint()
            yield number, message[at : at + length]
            at += length
        else:
            raise Failure(f"a protobuf field of type {kind}, which no image has")
