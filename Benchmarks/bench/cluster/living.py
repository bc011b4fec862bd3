"""Publishers that live: restarted (C7), idle (C6), and without etcd for a while (C8)."""

import contextlib
import random
import subprocess
import time

from ..machine import SCRATCH, cpu_seconds, make_layout, resident_bytes
from ..question import Failure
from .bench import node_request, told
from .changes import changed
from .inventory import PREFIX
from .publishers import INTERVAL, PRESENCE, Publishers

REAL_PUBLISHERS = 20
REAL_PREFIX = b"/real/v1/"
CHANGED_SHARE = 10  # one of so many nodes changes during an outage
PATIENCE = 600  # seconds for what is slow, and not yet wrong


def measure(cluster, parts):
    with Publishers(cluster.inventory, cluster.etcd) as publishers, cluster.worker() as worker:
        measure_restart(cluster, publishers)
        if "C7" in parts:
            measure_real_restart(cluster)
        if "C6" in parts:
            measure_idle(cluster, publishers, worker)
        if "C8" in parts:
            measure_outage(cluster, publishers, worker)
            if not cluster.is_quick:
                measure_silence(cluster, publishers, worker)


def measure_restart(cluster, publishers):
    """C7, played: all publishers start anew, over what those before them left in etcd."""
    etcd, before = cluster.etcd, cluster.etcd.states(PREFIX)
    revision, cpu, begun = etcd.revision(), cpu_seconds(etcd.process.pid), time.monotonic()
    publishers.restart()
    cluster.note("seconds of a restart of all", time.monotonic() - begun)
    cluster.note("etcd's CPU seconds of a restart of all", cpu_seconds(etcd.process.pid) - cpu)
    cluster.note("leases looked at in a restart of all", publishers.counts["leases looked at"])
    cluster.note("calls that failed and were made again", publishers.counts["failures"])
    note_writes(cluster, "played", cluster.nodes, before, etcd.states(PREFIX), etcd.revision() - revision)


def note_writes(cluster, kind, publishers, before, after, writes, prefix=PREFIX):
    """Which keys were written, by what etcd says of them."""
    if before.keys() != after.keys():
        raise Failure(f"{kind}: etcd has other keys after the restart")
    written = {key: new.writes_since(before[key]) for key, new in after.items()}
    records = [count for key, count in written.items() if key.startswith(prefix + b"nodes/")]
    if 0 in records:
        raise Failure(f"{kind}: {records.count(0)} publishers have not put their records")
    cluster.results.counts[kind] = (publishers, sum(records), sum(written.values()) - sum(records), writes)


def measure_real_restart(cluster):
    """C7 with processes: killed and started anew, and stopped and started anew."""
    layout = make_layout(50)
    prefix = REAL_PREFIX
    names = [f"real-{number:02}" for number in range(REAL_PUBLISHERS)]

    def records():
        found = {k: v for k, v in cluster.etcd.states(prefix).items() if k.startswith(prefix + b"nodes/")}
        return found if len(found) == len(names) else None

    with contextlib.ExitStack() as stack:

        def start():
            processes = []
            for name in names:
                words = [cluster.waybill, "publish", f"oci:{layout}", "--node", name, "--log-level", "error"]
                words += ["--to", f"etcd:127.0.0.1:{cluster.etcd.port}/real"]
                log = stack.enter_context(open(SCRATCH / f"publish-{name}.log", "ab"))
                processes.append(stack.enter_context(subprocess.Popen([str(word) for word in words], stderr=log)))
                stack.callback(processes[-1].kill)
            return processes

        def wait_for(is_done):
            deadline = time.monotonic() + 60
            while not is_done():
                if time.monotonic() > deadline:
                    raise Failure("waybill publish has not put its record after 60 s")
                time.sleep(0.1)

        processes = start()
        wait_for(records)
        for kind in ("killed", "stopped"):
            before, old, revision = cluster.etcd.states(prefix), records(), cluster.etcd.revision()
            for process in processes:
                process.kill() if kind == "killed" else process.terminate()
            for process in processes:
                process.wait(10)
            processes = start()
            wait_for(lambda: (new := records()) and all(new[key].writes_since(old[key]) for key in old))
            time.sleep(1)
            writes = cluster.etcd.revision() - revision
            note_writes(cluster, kind, len(names), before, cluster.etcd.states(prefix), writes, prefix)
        for process in processes:
            process.terminate()
            process.wait(10)


def measure_idle(cluster, publishers, worker):
    """C6."""
    etcd, seconds = cluster.etcd, 3 * INTERVAL if not cluster.is_quick else INTERVAL
    cluster.wait_until_listed(worker)
    time.sleep(2)
    for _ in range(1 if cluster.is_quick else 3):
        revision, counts = etcd.revision(), dict(publishers.counts)
        before = {process: cpu_seconds(process.pid) for process in (etcd.process, worker.process)}
        begun = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - begun
        for name, process in (("etcd", etcd.process), ("waybill", worker.process)):
            cluster.note(f"% of a core of {name}, idle", 100 * (cpu_seconds(process.pid) - before[process]) / took)
        for name in ("keep-alives", "leases looked at"):
            cluster.note(f"{name} a second", (publishers.counts[name] - counts[name]) / took)
        cluster.note("writes while idle", etcd.revision() - revision)
        cluster.note("resident MB of etcd, with all publishers connected", resident_bytes(etcd.process.pid) / 1e6)


class Sampler:
    """Asks a worker while something happens, and fails at the first wrong word."""

    def __init__(self, cluster, client, held):
        self.cluster = cluster
        self.client = client
        self.held = held
        self.old, self.new = cluster.etags(), cluster.etags(held)
        self.asked = 0

    def look_at_nodes(self):
        """Whether all is listed as it became, and not as stale."""
        found, is_stale = told(self.client)
        for name, old in self.old.items():
            if found.get(name) not in (old, self.new[name]):
                raise Failure(f"{name} is listed with the etag {found.get(name)}")
        if len(found) != len(self.old):
            raise Failure(f"{len(found)} nodes are listed instead of {len(self.old)}")
        self.asked += 1
        return found == self.new and not is_stale

    def look_at_one(self):
        """The list of any one node, the bytes of which are the old ones or the new ones, with or without `stale`."""
        inventory = self.cluster.inventory
        node = random.randrange(len(inventory.names))
        reply = self.client.ask(node_request(inventory.names[node]))
        lists = (inventory.node_list(node), inventory.node_list(node, self.held.get(node)))
        if not any(reply[1:].startswith(of[1:]) for of in lists):
            raise Failure(f"the list of {inventory.names[node]} is neither what it was nor what it became")
        self.asked += 1


def measure_outage(cluster, publishers, worker):
    """C8: etcd is killed and started again, and a tenth of the nodes change while it is gone."""
    gone = 120 if not cluster.is_quick else 10
    held = {node: changed(cluster, node) for node in range(0, cluster.nodes, CHANGED_SHARE)}
    cluster.wait_until_listed(worker)
    with worker.client() as client:
        sampler = Sampler(cluster, client, held)
        cluster.etcd.kill()
        begun = time.monotonic()
        publishers.change(held)
        while time.monotonic() < begun + gone:
            for _ in range(20):
                sampler.look_at_one()
            sampler.look_at_nodes()
            time.sleep(0.5)
        cluster.etcd.start_again()
        back = time.monotonic()
        cluster.note("seconds without etcd", back - begun)
        while not sampler.look_at_nodes():
            sampler.look_at_one()
            if time.monotonic() > back + PATIENCE:
                raise Failure(f"not every node is listed anew {PATIENCE} s after etcd has come back")
            time.sleep(0.05)
        cluster.note("seconds from etcd's return until all is listed", time.monotonic() - back)
        # Nor may a node go when the leases of before the outage would have ended.
        while time.monotonic() < back + (PRESENCE + 10 if not cluster.is_quick else 5):
            if not sampler.look_at_nodes():
                raise Failure("what was listed after the outage has changed again")
            time.sleep(0.5)
        cluster.note("replies checked around the outage", sampler.asked)
    cluster.check_every_node(worker, held)
    give_back(cluster, publishers, worker, held)


def give_back(cluster, publishers, worker, held):
    publishers.change({node: cluster.inventory.held[node] for node in held})
    cluster.wait_until_listed(worker)


def measure_silence(cluster, publishers, worker):
    """All publishers are cut off until their leases have ended, and come back at once."""
    cluster.wait_until_listed(worker)
    publishers.silence()
    begun = time.monotonic()
    with worker.client() as client:
        while len(told(client)[0]) > 0:
            if time.monotonic() > begun + PATIENCE:
                raise Failure("silent nodes are listed still")
            time.sleep(0.2)
        cluster.note("seconds until all silent nodes are gone", time.monotonic() - begun)
        etags, back = cluster.etags(), time.monotonic()
        publishers.come_back()
        while (found := told(client)[0]) != etags:
            if any(etags[name] != tag for name, tag in found.items()):
                raise Failure("a node that comes back is listed wrongly")
            if time.monotonic() > back + PATIENCE:
                raise Failure(f"not every node has come back after {PATIENCE} s")
            time.sleep(0.05)
        cluster.note("seconds until all silent nodes are back", time.monotonic() - back)
    cluster.check_every_node(worker)
