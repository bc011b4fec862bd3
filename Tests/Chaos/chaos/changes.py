"""Random changes under random faults: --part changes."""

import random
import signal
import threading
import time

from .cluster import Cluster

TTL, RETENTION = 6, 60


class Faults:
    """Begins faults at random, and ends each after a time of its own."""

    MOST = 4

    def __init__(self, cluster, seed):
        self.cluster, self.log, self.chance = cluster, cluster.log, random.Random(f"{seed} faults")
        self.etcd, self.network = cluster.etcd, cluster.network
        # What is to be done when, by what is broken.
        self.open = {}
        self.doubles = {}
        self.last_revocation = 0.0
        self.kinds = {
            self.kill_publisher: 8, self.pause_publisher: 4, self.stop_publisher: 2, self.double_publisher: 1,
            self.revoke: 3, self.kill_leader: 3, self.kill_member: 1, self.pause_member: 3, self.cut_member: 3,
            self.cut_leader_from_peers: 2, self.cut_one_way: 2, self.cut_host: 4, self.pause_worker: 1,
            self.kill_worker: 1}

    def step(self):
        """Ends what is over, and begins something new now and then."""
        for what, (end, _, mend) in list(self.open.items()):
            if time.monotonic() >= end:
                del self.open[what]
                mend()
        if len(self.open) < self.MOST and self.chance.random() < 0.08:
            kinds, weights = zip(*self.kinds.items())
            self.chance.choices(kinds, weights)[0]()

    def end_all(self, spares=()):
        """Mends everything but some; what is stopped for ever stays so."""
        for what, (_, _, mend) in list(self.open.items()):
            if what not in spares:
                del self.open[what]
                mend()

    def begin(self, what, name, seconds, mend):
        self.open[what] = (time.monotonic() + seconds, name, mend)
        self.log.note(f"{name} {what} for {seconds:.1f} s", name)

    def free(self, candidates):
        """One of them that nothing is wrong with, or nil."""
        candidates = [candidate for candidate in candidates if candidate not in self.open]
        return self.chance.choice(candidates) if candidates else None

    # Publishers

    def kill_publisher(self):
        """In the middle of what it does about a change: its store is seen by it within half a second."""
        if (node := self.free(self.cluster.nodes)) is None:
            return
        publisher = self.cluster.publishers[node]
        self.cluster.change(node)
        time.sleep(self.chance.uniform(0, 0.9))
        if publisher.is_running:
            publisher.kill()
            self.begin(node, "kill -9 of a publisher", self.chance.choice([0, 0.3, 2, 12]), self._starting(publisher))

    def _starting(self, publisher):
        def start():
            self.log.note(f"{publisher.name} starts")
            publisher.start()
        return start

    def pause_publisher(self):
        if (node := self.free(self.cluster.nodes)) is None:
            return
        publisher = self.cluster.publishers[node]
        if self.chance.random() < 0.6:
            self.cluster.change(node)
            time.sleep(self.chance.uniform(0, 0.9))
        if publisher.is_running:
            publisher.pause()
            self.begin(node, "SIGSTOP of a publisher", self.chance.choice([0.3, 2, 5, 10]), self._resuming(publisher))

    def _resuming(self, service):
        def resume():
            self.log.note(f"{service.name} goes on")
            service.resume()
        return resume

    def stop_publisher(self):
        if (node := self.free(self.cluster.nodes)) is None:
            return
        publisher = self.cluster.publishers[node]
        if publisher.is_running:
            code = publisher.terminate()
            self.begin(node, "SIGTERM of a publisher", self.chance.choice([0, 1, 5]), self._starting(publisher))
            if code != 0:
                self.log.violate(f"{node} ended with {code} after SIGTERM")

    def double_publisher(self):
        """The later one stays. The earlier one learns of it when it has something to put."""
        node = self.free(self.cluster.nodes)
        if node is None or node in self.doubles:
            return
        earlier = self.cluster.publishers[node]
        later = self.cluster.publisher(node, f"-{self.log.counts['second publishers of a node'] + 2}")
        later.start()
        self.doubles[node] = (earlier, time.monotonic())
        self.cluster.publishers[node] = later
        self.log.note(f"{later.name} starts beside {earlier.name}", "second publishers of a node")

    def check_doubles(self, limit=None):
        """Earlier publishers end with 73."""
        for node, (earlier, begun) in list(self.doubles.items()):
            if (code := earlier.process.poll()) is not None:
                del self.doubles[node]
                self.log.note(f"{earlier.name} ended with {code}")
                if code != 73:
                    self.log.violate(f"{earlier.name}, whose node another publisher has, ended with {code}, not 73")
            elif limit is not None and time.monotonic() - begun > limit:
                del self.doubles[node]
                earlier.kill()
                self.log.violate(f"{earlier.name} goes on beside another publisher of its node")

    # etcd

    def revoke(self):
        """Takes a lease away: from a publisher that is there, or from one that is not."""
        try:
            leases = [lease["ID"] for lease in self.etcd.ask_any("lease/leases", {}).get("leases", [])]
            if not leases:
                return
            lease = self.chance.choice(sorted(leases))
            self.etcd.ask_any("lease/revoke", {"ID": lease})
        except OSError:
            return
        self.last_revocation = time.monotonic()
        self.log.note(f"lease {int(lease):x} is revoked", "leases revoked")

    def kill_leader(self):
        leader = self.etcd.leader()
        if leader is not None and self.etcd.hosts[leader] not in self.open:
            self._kill(leader, "kill -9 of etcd's leader")

    def kill_member(self):
        if (host := self.free(self.etcd.hosts)) is not None:
            self._kill(self.etcd.hosts.index(host), "kill -9 of a member")

    def _kill(self, number, name):
        self.etcd.kill(number)

        def start():
            self.log.note(f"{self.etcd.hosts[number]} starts")
            self.etcd.start(number)
        self.begin(self.etcd.hosts[number], name, self.chance.choice([0, 0.5, 3, 8]), start)

    def pause_member(self):
        if (host := self.free(self.etcd.hosts)) is None:
            return
        number = self.etcd.hosts.index(host)
        self.etcd.send(number, signal.SIGSTOP)

        def resume():
            self.log.note(f"{host} goes on")
            self.etcd.send(number, signal.SIGCONT)
        self.begin(host, "SIGSTOP of a member", self.chance.choice([0.3, 1, 3, 8]), resume)

    # Networks

    def _cut(self, host, name, *seconds):
        def heal():
            self.log.note(f"{host} is reached again")
            self.network.heal(host)
        self.begin(host, name, self.chance.choice(seconds), heal)

    def cut_member(self):
        if (host := self.free(self.etcd.hosts)) is not None:
            if self.chance.random() < 0.5:
                self.network.unplug(host)
            else:
                self.network.silence(host)
            self._cut(host, "partition of a member", 0.5, 2, 5, 10)

    def cut_leader_from_peers(self):
        """Clients go on reaching it."""
        leader = self.etcd.leader()
        if leader is None or (host := self.etcd.hosts[leader]) in self.open:
            return
        self.network.silence(host, *(peer for peer in self.etcd.hosts if peer != host))
        self._cut(host, "partition of the leader from its peers", 2, 5, 10)

    def cut_one_way(self):
        """What it says arrives, and it hears nothing, or the other way round."""
        if (host := self.free(self.etcd.hosts)) is not None:
            is_deaf = self.chance.random() < 0.5
            self.network.silence(host, inward=is_deaf, outward=not is_deaf)
            self._cut(host, "partition of a member in one direction", 0.5, 2, 5)

    def cut_host(self):
        hosts = [f"p{number}" for number in range(self.cluster.PUBLISHER_HOSTS)] + ["w0", "w1"]
        if (host := self.free(hosts)) is not None:
            if self.chance.random() < 0.5:
                self.network.unplug(host)
            else:
                self.network.silence(host)
            self._cut(host, "partition of a node's or a worker's host", 0.5, 2, 5, 12)

    # Workers

    def pause_worker(self):
        names = {worker.name: worker for worker in self.cluster.workers}
        if (name := self.free(names)) is not None:
            names[name].pause()
            self.begin(name, "SIGSTOP of a worker", self.chance.choice([0.3, 2, 7]), self._resuming(names[name]))

    def kill_worker(self):
        names = {worker.name: worker for worker in self.cluster.workers}
        if (name := self.free(names)) is not None:
            names[name].kill()
            self.begin(name, "kill -9 of a worker", self.chance.choice([0, 2]), self._starting(names[name]))


class Compactor(threading.Thread):
    """Compacts etcd every ten seconds up to what is there."""

    def __init__(self, etcd, log, interval=10.0):
        super().__init__(daemon=True)
        self.etcd, self.log, self.interval = etcd, log, interval

    def run(self):
        while not self.log.is_over.wait(self.interval):
            try:
                self.log.note(f"compacted up to {self.etcd.compact()}", "compactions")
            except OSError as error:
                self.log.note(f"not compacted: {error}")


def run(options, folder, log, stalls):
    cluster = Cluster(options, folder, log, stalls, nodes=options.nodes, pool=40, ttl=TTL, retention=RETENTION)
    chance = random.Random(f"{options.seed} changes")
    for node in cluster.nodes:
        cluster.change(node)
        cluster.publishers[node].start()
    cluster.start_workers()
    log.note("all is started")
    cluster.await_rest(time.monotonic(), 20 + options.bound, "the beginning")
    Compactor(cluster.etcd, log).start()
    faults = Faults(cluster, options.seed)
    end = time.monotonic() + 60 * options.minutes
    while time.monotonic() < end and not log.is_over.is_set():
        rest = min(end, time.monotonic() + chance.uniform(15, 35))
        while time.monotonic() < rest and not log.is_over.is_set():
            if chance.random() < 0.25:
                cluster.change(chance.choice(cluster.nodes))
            faults.step()
            faults.check_doubles()
            cluster.check_processes()
            time.sleep(0.05)
        come_to_rest(cluster, faults, chance, options.bound)
    cluster.say_times()


def come_to_rest(cluster, faults, chance, bound):
    """Ends all faults, and waits until all is as it is to be. Some publishers may stay dead."""
    dead = [
        node for node in cluster.nodes
        if node in faults.open and faults.open[node][1].startswith("kill") and chance.random() < 0.5]
    faults.end_all(spares=dead)
    cluster.etcd.wait_until_healthy(60)
    if faults.doubles:
        # The later one has put its record by then, which the earlier one finds at the next change.
        time.sleep(3)
        for node in faults.doubles:
            cluster.change(node)
    # A lease that is lost is missed when it is to be kept alive, after a third of its time.
    time.sleep(max(0.0, faults.last_revocation + cluster.ttl / 3 - time.monotonic()))
    cluster.etcd.wait_until_healthy(60)
    begun = time.monotonic()
    cluster.log.note(f"rest begins, without {dead}" if dead else "rest begins")
    cluster.await_rest(begun, bound)
    # Each of the two looks at the record when it keeps its lease alive, and one may have been late to put its first.
    faults.check_doubles(limit=bound + 2 * cluster.ttl)
    cluster.check_processes()
    for node in dead:
        _, _, start = faults.open.pop(node)
        start()
