"""Publishers that come and go, and the images that they leave: --part retention."""

import base64
import collections
import http.client
import json
import random
import threading
import time

import msgpack

from .cluster import PREFIX, PREFIX_END, Cluster
from .log import Violation, distribution
from .replies import LIST_NODES, WHOLE, request_of
from .services import Client

NODES, TTL, RETENTION = 20, 2, 6
# etcd looks for expired leases twice a second, and revokes them one after the other.
GRANULARITY = 3


class Follower(threading.Thread):
    """Holds every revision of etcd against the rule: each image that a record names is there.

    It is told by a watch, so that no revision is left out.
    """

    def __init__(self, etcd, log):
        super().__init__(daemon=True)
        self.etcd, self.log = etcd, log
        self.records = {}
        self.images = set()
        self.names = collections.Counter()
        # Since when nobody names an image that is there.
        self.unnamed = {}
        self.ages = []
        self.last_leader_killed = 0.0
        self.revision = 0

    def run(self):
        answer = self.etcd.range(PREFIX, PREFIX_END)
        self.revision = int(answer["header"]["revision"])
        self.apply(self.revision, [{"kv": pair} for pair in answer.get("kvs", [])])
        number = 0
        while not self.log.is_over.is_set():
            try:
                self.watch(number % self.etcd.COUNT)
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.log.note(f"the checker's watch ended: {error!r}")
            number += 1
            time.sleep(0.05)

    def watch(self, number):
        connection = http.client.HTTPConnection(self.etcd.addresses[number], 2379, timeout=3)
        request = {
            "key": base64.b64encode(PREFIX).decode(), "range_end": base64.b64encode(PREFIX_END).decode(),
            "start_revision": self.revision + 1}
        try:
            connection.request("POST", "/v3/watch", json.dumps({"create_request": request}))
            reply = connection.getresponse()
            while line := reply.readline():
                result = json.loads(line)
                if "error" in result or result["result"].get("canceled"):
                    raise OSError(line)
                by_revision = {}
                for event in result["result"].get("events", []):
                    by_revision.setdefault(int(event["kv"]["mod_revision"]), []).append(event)
                for revision in sorted(by_revision):
                    self.apply(revision, by_revision[revision])
                    self.revision = revision
        finally:
            connection.close()

    def apply(self, revision, events):
        now = time.monotonic()
        touched, put = set(), []
        for event in events:
            kind, name = base64.b64decode(event["kv"]["key"])[len(PREFIX):].decode().split("/", 1)
            is_gone = event.get("type") == "DELETE"
            if not is_gone and not int(event["kv"].get("lease", 0)):
                self.log.violate(f"revision {revision}: {kind}/{name} has no lease, and never goes")
            if kind == "images":
                touched.add(name)
                (self.images.discard if is_gone else self.images.add)(name)
                continue
            before = self.records.pop(name, set())
            if not is_gone:
                data = msgpack.unpackb(base64.b64decode(event["kv"]["value"]))["images"]
                self.records[name] = {data[start:start + 32].hex() for start in range(0, len(data), 32)}
                put.append(name)
            after = self.records.get(name, set())
            self.names.update(after)
            self.names.subtract(before)
            touched |= before ^ after
            self.log.note(f"revision {revision}: {name} " + ("is gone" if is_gone else f"names {len(after)} images"))
        self.log.count("revisions checked")
        for name in put:
            if lacking := self.records[name] - self.images:
                self.log.violate(f"revision {revision}: {name} names {sorted(lacking)}, which are not there")
        for image in touched:
            if image not in self.images and self.names[image] > 0:
                holders = sorted(node for node, images in self.records.items() if image in images)
                if not set(holders) & set(put):
                    self.log.violate(f"revision {revision}: the image {image} is gone, and {holders} name it")
            if image in self.images and self.names[image] <= 0:
                self.unnamed.setdefault(image, now)
            elif (since := self.unnamed.pop(image, None)) is not None and image not in self.images:
                self.ages.append(now - since)
                self.log.count("images cleaned up")
        self.look_for_old(now)

    def look_for_old(self, now):
        """What a living publisher gave up stays until its lease is over, which lives for twice the retention."""
        for image, since in list(self.unnamed.items()):
            limit = (3 if self.last_leader_killed > since else 2) * RETENTION + GRANULARITY
            if now - since > limit:
                self.unnamed[image] = float("inf")
                self.log.violate(f"the image {image} is there {now - since:.1f} s after the last record that named it")


class FreshReaders(threading.Thread):
    """Starts a worker every few seconds: it has every image that a record names."""

    INTERVAL = 4

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.log = cluster, cluster.log
        cluster.network.add("w0")

    def run(self):
        while not self.log.is_over.wait(self.INTERVAL):
            worker = self.cluster.worker("fresh", "w0")
            worker.start()
            client = Client(self.cluster.endpoint(worker))
            try:
                self.check(client)
            except Violation as violation:
                self.log.violate(f"a fresh worker: {violation}")
            client.close()
            worker.kill()

    def check(self, client):
        if client.wait(request_of(WHOLE), 20) is None:
            self.log.note("a fresh worker did not list within 20 s", "fresh workers that were too slow")
            return
        reply = client.ask(request_of(LIST_NODES))
        for node in msgpack.unpackb(reply)[3]["nodes"] if reply else []:
            if node["state"] == "syncing":
                raise Violation(f"{node} names images that are not there")
            if data := client.ask(request_of(node["name"])):
                self.cluster.rules.read(node["name"], data)
                self.log.count("nodes read by fresh workers")
        self.log.count("fresh workers")


class Life:
    """Publishers that start, end and change at random."""

    def __init__(self, cluster, seed):
        self.cluster, self.log, self.chance = cluster, cluster.log, random.Random(f"{seed} life")
        self.paused = {}

    def step(self):
        for node, end in list(self.paused.items()):
            if time.monotonic() >= end:
                del self.paused[node]
                self.cluster.publishers[node].resume()
                self.log.note(f"{node} goes on")
        if self.chance.random() < 0.3:
            node = self.chance.choice(self.cluster.nodes)
            if node not in self.paused:
                self.act(node, self.cluster.publishers[node])

    def act(self, node, publisher):
        if not publisher.is_running:
            if self.chance.random() < 0.5:
                self.cluster.change(node)
            publisher.start()
            self.log.note(f"{node} starts", "starts")
            return
        kind = self.chance.choices(["change", "kill", "change and kill", "stop", "pause"], [6, 2, 2, 2, 1])[0]
        if "change" in kind:
            self.cluster.change(node)
        if kind == "change and kill":
            time.sleep(self.chance.uniform(0, 0.9))
        if kind == "stop":
            self.log.note(f"{node} is stopped", "SIGTERM")
            publisher.terminate()
        elif kind == "pause":
            seconds = self.chance.choice([0.5, 1.5, 3, 7])
            publisher.pause()
            self.paused[node] = time.monotonic() + seconds
            self.log.note(f"{node} pauses for {seconds} s", "SIGSTOP")
        elif "kill" in kind:
            publisher.kill()
            self.log.note(f"{node} is killed", "kill -9")

    def end_all(self):
        for node, publisher in self.cluster.publishers.items():
            if publisher.is_running:
                publisher.kill()


def run(options, folder, log, stalls):
    cluster = Cluster(options, folder, log, stalls, nodes=NODES, pool=60, ttl=TTL, retention=RETENTION)
    for node in cluster.nodes:
        cluster.change(node)
    follower = Follower(cluster.etcd, log)
    follower.start()
    FreshReaders(cluster).start()
    life = Life(cluster, options.seed)
    end = time.monotonic() + 60 * options.minutes
    next_kill = time.monotonic() + 30
    while time.monotonic() < end and not log.is_over.is_set():
        life.step()
        cluster.check_processes()
        if time.monotonic() > next_kill:
            next_kill = time.monotonic() + life.chance.uniform(30, 90)
            kill_leader(cluster.etcd, follower, log)
        time.sleep(0.05)
    life.end_all()
    log.note("all publishers are dead")
    await_nothing(cluster.etcd, follower, log, time.monotonic())
    print(f"  images were there after the last record that named them: {distribution(follower.ages)}")
    print(f"  this program was held up by the machine for {stalls.longest_since(0):.2f} s at most")


def kill_leader(etcd, follower, log):
    """A new leader lets each lease live anew."""
    if (leader := etcd.leader()) is None:
        return
    log.note(f"etcd's leader {etcd.hosts[leader]} is killed", "kill -9 of etcd's leader")
    follower.last_leader_killed = time.monotonic() + 2
    etcd.kill(leader)
    time.sleep(0.5)
    etcd.start(leader)


def await_nothing(etcd, follower, log, begun):
    """Waits until all images are gone."""
    limit = RETENTION + GRANULARITY
    if begun < follower.last_leader_killed + RETENTION:
        limit += RETENTION
    while True:
        try:
            count = int(etcd.range(PREFIX, PREFIX_END, count_only=True).get("count", 0))
        except OSError:
            count = None
        age = time.monotonic() - begun
        if count == 0:
            print(f"  all images were gone {age:.2f} s after the last publisher died")
            return
        if age > limit:
            log.violate(f"{count} keys are there {age:.1f} s after the last publisher died")
            return
        time.sleep(0.05)
