"""etcd begins anew from a backup, again and again: --part restore."""

import random
import time

from .changes import Compactor
from .cluster import Cluster

TTL, RETENTION = 6, 600


def run(options, folder, log, stalls):
    cluster = Cluster(options, folder, log, stalls, nodes=options.nodes, pool=40, ttl=TTL, retention=RETENTION)
    chance = random.Random(f"{options.seed} restore")
    for node in cluster.nodes:
        cluster.change(node)
        cluster.publishers[node].start()
    cluster.start_workers()
    cluster.await_rest(time.monotonic(), 20 + options.bound, "the beginning")
    end = time.monotonic() + 60 * options.minutes / 5
    # Without compaction a worker that was away could go on from where it was.
    compactor = None
    number = 0
    while number < 4 or time.monotonic() < end:
        if log.is_over.is_set():
            return
        number += 1
        if number > 4 and compactor is None:
            compactor = Compactor(cluster.etcd, log)
            compactor.start()
        restore(cluster, chance, are_away=number % 2 == 1)
        log.count("restores")
    cluster.say_times()


def restore(cluster, chance, are_away):
    """One restore. Workers that are away meanwhile come back when etcd's revision is past the one that they know."""
    etcd, log = cluster.etcd, cluster.log
    backup = cluster.folder / "backup"
    saved = etcd.save(backup)
    log.note(f"a backup is made at revision {saved}")
    for _ in range(60):
        cluster.change(chance.choice(cluster.nodes))
        time.sleep(0.1)
    dead = [chance.choice(cluster.nodes)]
    cluster.publishers[dead[0]].kill()
    log.note(f"{dead[0]}: its publisher is killed, and not started before the end")
    time.sleep(2)
    known = etcd.revision()
    before = etcd.status(0)
    for asker in cluster.askers:
        asker.takes_older = True
    if are_away:
        log.note("the workers are stopped")
        for worker in cluster.workers:
            worker.pause()
    etcd.restore(backup)
    etcd.wait_until_healthy(60)
    after = etcd.status(0)
    log.note(f"etcd is restored: {before} before, {after} now")
    living = [node for node in cluster.nodes if node not in dead]
    early = chance.sample(living, len(living) // 2)
    for node in early:
        cluster.change(node)
    # What these put last must go, too.
    for node in chance.sample(living, 2):
        time.sleep(chance.uniform(0, cluster.ttl / 3))
        cluster.publishers[node].kill()
        dead.append(node)
        log.note(f"{node}: its publisher is killed after the restore", "kill -9 of a publisher after a restore")
    time.sleep(3)
    log.note(f"{early} have changed, until revision {etcd.revision()}; the workers were at {known}")
    late = [node for node in living if node not in [*early, *dead]]
    limit = time.monotonic() + 60
    while are_away and etcd.revision() <= known + 20 and time.monotonic() < limit:
        for node in late:
            cluster.change(node)
        time.sleep(0.7)
    log.note(f"etcd is at revision {etcd.revision()}")
    for worker in cluster.workers:
        worker.resume()
    name = "after the restore, with workers that were " + ("away" if are_away else "there")
    cluster.await_rest(time.monotonic(), cluster.options.bound, name)
    for asker in cluster.askers:
        asker.takes_older = False
    cluster.check_processes()
    for node in dead:
        cluster.publishers[node].start()
    cluster.await_rest(time.monotonic(), cluster.options.bound, "all are back")
