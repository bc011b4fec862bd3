"""Where things are, and what they run on."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
SCRATCH = ROOT / ".build" / "bench"
FIXED_FACE = ROOT / ".build" / "release" / "FixedFace"


@dataclasses.dataclass(frozen=True)
class Build:
    """waybill as it is built in a folder, and what results call it."""

    name: str
    folder: pathlib.Path

    @property
    def waybill(self):
        return self.folder / "waybill"

    @property
    def registry_bench(self):
        return self.folder / "RegistryBench"


OWN = Build("waybill", ROOT / ".build" / "release")
WAYBILL = OWN.waybill

C_FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
PROGRAMS = {"load/*.c": [], "fixed.c": ["-lzmq"], "proxy.c": ["-lzmq"]}


def build_programs():
    """Compiles the load and the servers in C, and leaves nothing else of an earlier run."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    compiler = os.environ.get("CC", "cc")
    for sources, libraries in PROGRAMS.items():
        program = SCRATCH / re.match(r"\w+", sources)[0]
        subprocess.run([compiler, *C_FLAGS, *HERE.glob(sources), "-o", program, *libraries], check=True)


def make_layout(images, *options):
    """An OCI image layout of so many images, written once a run; with `--storage`, the same as a containers/storage store."""
    path = SCRATCH / f"layout{''.join(options)}-{images}"
    if not path.exists():
        subprocess.run([HERE / "make-layout", *options, str(images), path], check=True)
    return path


def cpu_seconds(pid):
    """User and system time of all threads of a process so far."""
    # Behind the name, which may contain anything: the first field there is the third of all.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """The memory of a process that is in memory."""
    return memory_pages(pid)[1] * os.sysconf("SC_PAGE_SIZE")


def anonymous_bytes(pid):
    """The same without what is of files: the program itself and its libraries."""
    pages = memory_pages(pid)
    return (pages[1] - pages[2]) * os.sysconf("SC_PAGE_SIZE")


def memory_pages(pid):
    return [int(field) for field in pathlib.Path(f"/proc/{pid}/statm").read_text().split()]


def move(pid, cores):
    """Has all threads of a process run on these cores."""
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def command_line(program, results):
    """What was called, without the folder of the results, which is one of this machine."""
    return " ".join([program, *sys.argv[1:]]).replace(str(results), results.name)


def description():
    cpu = first_match(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {cpu}, {memory:.0f} GiB of memory, Linux {os.uname().release}"


def versions():
    """Of what is measured and what it is built with."""
    found = {
        "waybill": first_match(r"^(\S+)", output(WAYBILL, "--version")),
        "libzmq": output(SCRATCH / "fixed", "--version").strip(),
        "Swift": first_match(r"Swift version (\S+)", output("swift", "--version")),
        "Redis": first_match(r"v=(\S+)", output("redis-server", "--version")),
        "Go": first_match(r"go(\d\S+)", output("go", "version")),
        "containerd": first_match(r"(\d+\.\d+\.\d+)", output("containerd", "--version")),
    }
    return ", ".join(f"{name} {version}" for name, version in found.items() if version)


def first_match(pattern, text):
    found = re.search(pattern, text)
    return found.group(1).strip() if found else ""


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""
