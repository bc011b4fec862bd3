"""A cluster of etcd, publishers and two workers, and what it is to say when it is at rest."""

import base64
import random
import threading
import time

import msgpack

from .etcd import Etcd
from .isolation import Network
from .log import Violation, distribution
from .replies import LIST_NODES, NODES, WHOLE, Asker, Rules, error_code, request_of
from .services import Client, Service
from .stores import History, Pool, Store

PREFIX = b"/waybill/v1/"
PREFIX_END = b"/waybill/v10"


class Cluster:
    PUBLISHER_HOSTS = 4

    def __init__(self, options, folder, log, stalls, nodes, pool, ttl, retention, marks=True):
        self.options, self.folder, self.log, self.stalls = options, folder, log, stalls
        self.ttl, self.retention = ttl, retention
        self.network = Network()
        self.etcd = Etcd(self.network, folder, log)
        self.history = History()
        self.rules = Rules(self.history)
        self.chance = random.Random(f"{options.seed} stores")
        self.change_lock = threading.Lock()
        for number in range(self.PUBLISHER_HOSTS):
            self.network.add(f"p{number}")
        pool = Pool(pool)
        self.nodes = [f"node-{number:02}" for number in range(nodes)]
        self.stores = {node: Store(folder, node, pool, self.history, marks) for node in self.nodes}
        self.publishers = {node: self.publisher(node) for node in self.nodes}
        self.workers, self.askers = [], []
        self.times_to_current, self.times_to_settled, self.stalls_at_rest = [], [], []

    def publisher(self, node, suffix=""):
        host = f"p{self.nodes.index(node) % self.PUBLISHER_HOSTS}"
        command = [
            self.options.program, "publish", f"oci:{self.stores[node].path}", "--to", self.etcd.location,
            "--node", node, "--ttl", self.ttl, "--retention", self.retention]
        return Service(node + suffix, host, self.network, self.folder, command, self.log)

    def worker(self, name, host):
        command = [self.options.program, "worker", self.etcd.location, "--bind", f"ipc://{self.folder}/{name}.sock"]
        return Service(name, host, self.network, self.folder, command, self.log)

    def endpoint(self, worker):
        return f"ipc://{self.folder}/{worker.name}.sock"

    def start_workers(self):
        for number in range(2):
            self.network.add(f"w{number}")
            worker = self.worker(f"worker-{number}", f"w{number}")
            worker.start()
            chance = random.Random(f"{self.options.seed} asker {number}")
            asker = Asker(worker, self.endpoint(worker), self.nodes, self.rules, self.log, chance)
            self.workers.append(worker)
            self.askers.append(asker)
        for asker in self.askers:
            asker.start()

    def change(self, node):
        with self.change_lock:
            sequence = self.stores[node].change(self.chance)
        self.log.note(f"{node} changes to {sequence}", "changes")

    def check_processes(self):
        """Nothing ends but what was killed."""
        for service in [*self.publishers.values(), *self.workers]:
            if service.process is not None and (code := service.process.poll()) is not None:
                service.process = None
                lines = service.output.read_text().splitlines()[-5:]
                self.log.violate(f"{service.name} ended with {code}: {lines}")

    def expected(self):
        """Which inventory each node that has a publisher is to have."""
        return {
            node: self.history.current[node].sequence
            for node, publisher in self.publishers.items() if publisher.is_running}

    def await_rest(self, begun, bound, what="rest"):
        """Waits until both workers say what is so, and until they and a fresh one say the same bytes."""
        clients = [Client(self.endpoint(worker)) for worker in self.workers]
        try:
            current = self._await(begun, bound, lambda: self._lacks(clients, self._is_current))
            # Nodes whose publishers died are gone when their leases are, which a new leader lets live anew.
            settled = self._await(begun, bound + self.ttl + 3, lambda: self._lacks(clients, self._is_settled))
            self._compare_bytes(clients, bound)
            self._check_leases()
        except Violation as violation:
            self.log.violate(f"{what}: {violation}")
            return
        finally:
            for client in clients:
                client.close()
        stall = self.stalls.longest_since(begun)
        self.times_to_current.append(current)
        self.times_to_settled.append(settled)
        self.stalls_at_rest.append(stall)
        self.log.note(
            f"{what}: current after {current:.2f} s, settled after {settled:.2f} s, longest stall {stall:.2f} s",
            "rests")

    def _compare_bytes(self, clients, bound):
        """Of both workers and of a fresh one."""
        fresh = self.worker(f"fresh-{self.log.counts['rests']}", "w0")
        fresh.start()
        client = Client(self.endpoint(fresh))
        try:
            if client.wait(request_of(WHOLE), 20) is None:
                raise Violation("a fresh worker does not list within 20 s")
            self._await(time.monotonic(), bound, lambda: self._differences([*clients, client]))
        finally:
            fresh.kill()
            client.close()

    def _check_leases(self):
        """Nothing is put that would stay for ever."""
        for pair in self.etcd.range(PREFIX, PREFIX_END, keys_only=True).get("kvs", []):
            if not int(pair.get("lease", 0)):
                raise Violation(f"{base64.b64decode(pair['key']).decode()} has no lease, and never goes")

    def _await(self, begun, bound, lacks):
        """Waits until nothing lacks. Returns the seconds since the beginning."""
        while True:
            lack = lacks()
            age = time.monotonic() - begun
            if not lack or self.log.is_over.is_set():
                return age
            if age > bound:
                raise Violation(f"after {age:.1f} s {lack}")
            time.sleep(0.02)

    def _lacks(self, clients, check):
        """What is not as it is to be yet, in words."""
        expected = self.expected()
        for worker, client in zip(self.workers, clients):
            for kind in (WHOLE, NODES, *self.nodes):
                data = client.ask(request_of(kind))
                if data is None:
                    return f"{worker.name} does not answer {kind}"
                try:
                    if lack := check(kind, data, expected):
                        return f"{worker.name}: {kind}: {lack}"
                except Violation as violation:
                    return f"{worker.name}: {violation}"
        return None

    def _is_current(self, kind, data, expected):
        said = self.rules.read(kind, data)
        if kind in self.nodes:
            expected = {kind: expected[kind]} if kind in expected else {}
        behind = {node: (said or {}).get(node) for node in expected if (said or {}).get(node) != expected[node]}
        if behind:
            return f"says {behind}, and it is {[expected[node] for node in behind]}"
        return "is stale" if msgpack.unpackb(data).get("stale") else None

    def _is_settled(self, kind, data, expected):
        said = self.rules.read(kind, data)
        if kind in self.nodes and kind not in expected:
            return None if error_code(msgpack.unpackb(data)) == 5 else f"says {said}, and nobody publishes it"
        if kind in self.nodes:
            expected = {kind: expected[kind]}
        return self._is_current(kind, data, expected) or (None if said == expected else f"says {said}, not {expected}")

    def _differences(self, clients):
        for kind in (WHOLE, NODES, *self.expected()):
            replies = {client.ask(request_of(kind)) for client in clients}
            if len(replies) > 1 or None in replies:
                return f"{kind}: {len(replies)} different replies of two workers and a fresh one"
        lists = [self._list_of_nodes(client) for client in clients]
        if any(one != lists[0] for one in lists):
            return f"ListNodes: {lists}"
        if sorted(lists[0]) != sorted(self.expected()):
            return f"ListNodes has {sorted(lists[0])}, not {sorted(self.expected())}"
        for node, entry in lists[0].items():
            listed = msgpack.unpackb(clients[0].ask(request_of(node)))
            if (entry["state"], entry["images"], entry["etag"]) != ("current", len(listed["images"]), listed["etag"]):
                return f"ListNodes says {entry} of {node}, and its list has {len(listed['images'])}, {listed['etag']}"
        return None

    @staticmethod
    def _list_of_nodes(client):
        """Of the nodes that are there: the others are named by those who saw them go. The age is a worker's own."""
        reply = client.ask(request_of(LIST_NODES))
        nodes = msgpack.unpackb(reply)[3]["nodes"] if reply else []
        return {
            node["name"]: {key: value for key, value in node.items() if key != "age"}
            for node in nodes if node["state"] != "gone"}

    def say_times(self):
        late = sum(time > 2 for time in self.times_to_current)
        print(f"  current after a rest began: {distribution(self.times_to_current)}; {late} of them over 2 s")
        print(f"  settled, with dead nodes gone: {distribution(self.times_to_settled)}")
        print(f"  this program was held up by the machine then: {distribution(self.stalls_at_rest)}")
