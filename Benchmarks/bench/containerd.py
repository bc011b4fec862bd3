"""containerd's own ListImages, with the same images."""

import os
import re
import resource
import shutil
import statistics
import subprocess
import tarfile

from .machine import SCRATCH, cpu_seconds
from .question import Failure, layout_tags
from .server import Sample, Server

CALL = "http://localhost/runtime.v1.ImageService/ListImages"
HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
NO_FIELDS = bytes(5)  # gRPC's frame of a message without fields: not compressed, 0 bytes

CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{folder}/containerd.sock"
[ttrpc]
  address = "{folder}/containerd.ttrpc.sock"
"""


class Containerd(Server):
    """Asked by h2load: the order of its images varies, so that instead of each byte the size of each reply is checked,
    and the images of some replies."""

    name = "containerd"

    def __init__(self, layout):
        super().__init__()
        self.layout = layout
        self.folder = self.log.with_suffix("")
        self.socket = self.folder / "containerd.sock"

    @staticmethod
    def why_missing():
        if os.geteuid() != 0:
            return "containerd runs as root only"
        missing = [tool for tool in ("containerd", "ctr", "curl", "h2load") if not shutil.which(tool)]
        return f"not installed: {', '.join(missing)}" if missing else None

    def command(self):
        self.folder.mkdir()
        config = self.folder / "config.toml"
        config.write_text(CONFIG.format(folder=self.folder))
        (self.folder / "request").write_bytes(NO_FIELDS)
        return ["containerd", "--config", config, "--log-level", "warn"]

    def prepare(self):
        archive = self.folder / "images.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(self.layout, "")
        self.wait_for(lambda: self.socket.exists() or None)
        command = ["ctr", "--address", self.socket, "--namespace", "k8s.io", "images", "import", "--no-unpack", archive]
        imported = subprocess.run(command, capture_output=True, text=True)
        if imported.returncode != 0:
            raise Failure(f"ctr: {imported.stderr.strip()}")
        archive.unlink()
        # The CRI part follows containerd's store by events.
        tags = {image: sorted(of) for image, of in layout_tags(self.layout).items()}
        self.wait_for(lambda: True if list_images(self.call()) == tags else None)

    def call(self):
        """One reply, as it is on the wire."""
        command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge", "--unix-socket", self.socket]
        command += [*HEADERS, "--data-binary", f"@{self.folder / 'request'}", CALL]
        called = subprocess.run(command, capture_output=True)
        if called.returncode != 0:
            raise Failure(f"curl: {called.stderr.decode(errors='replace').strip()}")
        return called.stdout

    def measure(self, question, load):
        """The question is the call itself: `question` is not used."""
        reply = self.call()
        warmed_up = self.ask(max(8 * load.clients, 64), reply, load)
        return self.ask(max(int(warmed_up.per_second * load.seconds), load.clients), reply, load)

    def ask(self, requests, reply, load):
        log = self.folder / "times"
        log.unlink(missing_ok=True)
        command = ["h2load", "--requests", requests, "--clients", load.clients, "--max-concurrent-streams", 1]
        command += [*HEADERS, "--data", self.folder / "request", "--log-file", log]
        command += ["--base-uri", f"unix:{self.socket}", CALL]
        cpu, own = cpu_seconds(self.process.pid), children_seconds()
        asked = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        cpu, own = cpu_seconds(self.process.pid) - cpu, children_seconds() - own
        rate = re.search(r"finished in \S+ ([\d.]+) req/s", asked.stdout.replace(",", ""))
        data = re.search(r"\((\d+)\) data$", asked.stdout, re.MULTILINE)
        if asked.returncode != 0 or not rate or not data:
            raise Failure(f"h2load: {asked.stderr.strip() or asked.stdout.strip()}")
        if f"{requests} succeeded" not in asked.stdout or int(data.group(1)) != requests * len(reply):
            raise Failure(f"containerd: not {requests} replies of {len(reply)} bytes:\n{asked.stdout}")
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
