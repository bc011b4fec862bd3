"""Namespaces of the kernel: all that a run starts and changes is inside of them, and ends with them."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def run_isolated(body, keeps_folder):
    """Runs `body` with a folder, in namespaces of its own for networks, processes and mounts.

    When the body ends, or is killed, the kernel ends every process that it started and drops its networks. The folder
    stays where the body returns 1, or where it is to be kept. Returns the exit code.
    """
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wbc-"))
    child = os.fork()
    if child == 0:
        # Ctrl-C is for the process inside, which a terminal sends it too.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os._exit(_isolate(body, folder))
    inherited = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.signal(signal.SIGINT, inherited)
    if keeps_folder or code == 1:
        print(f"logs and stores are in {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return code if code >= 0 else 128 - code


def _isolate(body, folder):
    """Makes the namespaces. That of processes is for the next child."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _check(libc.unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID), "unshare, which only root may")
    child = os.fork()
    if child != 0:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code if code >= 0 else 128 - code
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        _become_first_process()
        code = body(folder)
    except KeyboardInterrupt:
        code = 130
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _become_first_process():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    _check(libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")
    # The names of networks, which would stay otherwise.
    os.makedirs("/run/netns", exist_ok=True)
    _check(libc.mount(b"wbc", b"/run/netns", b"tmpfs", 0, None), "mount /run/netns")


class Network:
    """Hosts at one switch. Each is a network namespace with an address."""

    PREFIX = "10.213.0."

    def __init__(self):
        self.addresses = {}
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "wbc-switch", "type", "bridge")
        _ip("address", "add", f"{self.PREFIX}254/24", "dev", "wbc-switch")
        _ip("link", "set", "wbc-switch", "up")

    def add(self, host):
        address = f"{self.PREFIX}{len(self.addresses) + 1}"
        self.addresses[host] = address
        namespace, port = f"wbc-{host}", f"wbc-port-{host}"
        _ip("netns", "add", namespace)
        _ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        _ip("link", "set", port, "master", "wbc-switch", "up")
        _ip("-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", namespace, "link", "set", "eth0", "up")
        _ip("-n", namespace, "link", "set", "lo", "up")
        return address

    def command(self, host, *command):
        """The command that runs another one on a host; both are one process."""
        return ["ip", "netns", "exec", f"wbc-{host}", *map(str, command)]

    def unplug(self, host):
        _ip("link", "set", f"wbc-port-{host}", "down")

    def silence(self, host, *peers, inward=True, outward=True):
        """Has a host lose all packets, or those of some peers, in both directions or in one."""
        for peer in peers or [None]:
            if inward:
                self._drop(host, "INPUT", *(["--source", self.addresses[peer]] if peer else []))
            if outward:
                self._drop(host, "OUTPUT", *(["--destination", self.addresses[peer]] if peer else []))

    def _drop(self, host, *rule):
        self._tables(host, "--append", *rule, "--jump", "DROP")

    def heal(self, host):
        _ip("link", "set", f"wbc-port-{host}", "up")
        self._tables(host, "--flush")

    def _tables(self, host, *arguments):
        subprocess.run(self.command(host, "iptables", "--wait", *arguments), check=True)


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)
