"""C3: from a node's change in etcd to its being listed."""

import asyncio
import multiprocessing
import random
import statistics
import time

from ..machine import SCRATCH
from ..question import Failure
from ..registries import running
from .bench import node_request
from .etcd import MESSAGES, path
from .http2 import Connection
from .inventory import node_key, pack_unchanged

FOLLOWED = 20  # changes a second whose way is followed; the others are made beside them
CHURNED = 1_000  # nodes that change all the time, at most; those after them are followed
FOLLOWED_NODES = 50
READERS = 2


def measure(cluster):
    seconds = 30 if not cluster.is_quick else 3
    with cluster.worker() as worker:
        image = cluster.inventory.by_rank[-1]  # which no change touches
        question = worker.expect(cluster.filter_request(image), cluster.inventory.image_list(image))
        endless = cluster.plan.load(clients=READERS, seconds=3_600)
        readers = [SCRATCH / "load", "--endpoint", worker.endpoint, *question.arguments, *endless.arguments]
        for rate in (100, 1_000):
            with running(readers), churning(cluster, rate - FOLLOWED) as churn:
                time.sleep(1)
                follow(cluster, worker, rate, seconds)
                made = churn.stop()
            if made < 0.9 * (rate - FOLLOWED):
                raise Failure(f"only {made:.0f} of {rate - FOLLOWED} changes a second were made")
            cluster.results.note("changes a second made", rate, made + FOLLOWED)
        restore(cluster, worker)


def churned(cluster):
    return min(CHURNED, cluster.nodes - FOLLOWED_NODES)


def changed(cluster, node):
    """What a node holds when one popular image is replaced by another one, in the order of their ids."""
    held, popular = cluster.inventory.held[node], cluster.inventory.by_rank[: len(cluster.inventory.images) // 10]
    given = next(image for image in reversed(popular) if image in held)
    taken = next(image for image in popular if image not in held)
    return sorted([image for image in held if image != given] + [taken])


def follow(cluster, worker, rate, seconds):
    """Changes one node after the other, to and fro, and asks for it until it is listed."""
    inventory, etcd = cluster.inventory, cluster.etcd
    nodes = range(churned(cluster), churned(cluster) + FOLLOWED_NODES)
    states = {node: [inventory.held[node], changed(cluster, node)] for node in nodes}
    from_commit, from_put = [], []
    begun = time.monotonic()
    with worker.client() as client:
        for number in range(seconds * FOLLOWED):
            time.sleep(max(0.0, begun + (number + random.random()) / FOLLOWED - time.monotonic()))
            node = nodes[number % len(nodes)]
            before, after = states[node]
            states[node] = [after, before]
            name, tag = inventory.names[node], inventory.node_etag(node, before)
            request, same = node_request(name, if_none_match=tag), pack_unchanged(tag)
            put = MESSAGES.PutRequest(key=node_key(name), value=inventory.record(node, after))
            started = time.monotonic()
            etcd.call("Put", put)
            committed = time.monotonic()
            while (reply := client.ask(request)) == same:
                if time.monotonic() > committed + 30:
                    raise Failure(f"the change of {name} is not listed after 30 s")
            listed = time.monotonic()
            if reply != inventory.node_list(node, after):
                raise Failure(f"the list of {name} is neither what it was nor what it became")
            from_commit.append((listed - committed) * 1e3)
            from_put.append((listed - started) * 1e3)
    for name, times in (("commit", from_commit), ("put", from_put)):
        percentiles = statistics.quantiles(times, n=100, method="inclusive")
        cluster.results.note(f"ms from {name} to listed, p50", rate, percentiles[49])
        cluster.results.note(f"ms from {name} to listed, p99", rate, percentiles[98])
    cluster.results.samples[rate] = from_commit


def restore(cluster, worker):
    inventory = cluster.inventory
    nodes = range(churned(cluster) + FOLLOWED_NODES)
    cluster.etcd.put((node_key(inventory.names[node]), inventory.record(node), 0) for node in nodes)
    cluster.wait_until_listed(worker)
    cluster.check_every_node(worker)


class churning:
    """So many changes a second, by a process of its own, each of another node."""

    def __init__(self, cluster, rate):
        inventory = cluster.inventory
        pairs = []
        for of in (lambda node: changed(cluster, node), lambda node: None):
            for node in range(churned(cluster)):
                pairs.append((node_key(inventory.names[node]), inventory.record(node, of(node))))
        context = multiprocessing.get_context("spawn")
        self.end, self.made = context.Event(), context.Value("d", 0)
        words = (cluster.etcd.port, rate, pairs, self.end, self.made)
        self.process = context.Process(target=churn, args=words, daemon=True)

    def __enter__(self):
        self.process.start()
        deadline = time.monotonic() + 30
        while self.made.value == 0:
            if time.monotonic() > deadline or not self.process.is_alive():
                raise Failure("the changes do not begin")
            time.sleep(0.05)
        return self

    def stop(self):
        """How many changes a second there were."""
        self.end.set()
        self.process.join(30)
        if self.process.exitcode != 0:
            raise Failure("the changes failed")
        return self.made.value

    def __exit__(self, *_):
        self.process.kill()


def churn(port, rate, pairs, end, made):
    asyncio.run(churn_until(port, rate, pairs, end, made))


async def churn_until(port, rate, pairs, end, made):
    connection = await Connection.open(port)
    requests = [MESSAGES.PutRequest(key=key, value=value) for key, value in pairs]
    begun, number, open_calls = time.monotonic(), 0, set()
    while not end.is_set():
        due = int((time.monotonic() - begun) * rate)
        while number < due:
            put = connection.call(path("Put"), requests[number % len(requests)], MESSAGES.PutResponse)
            call = asyncio.create_task(put)
            open_calls.add(call)
            call.add_done_callback(open_calls.discard)
            number += 1
        made.value = number / (time.monotonic() - begun)
        await asyncio.sleep(0.002)
        if len(open_calls) > 5_000:
            raise Failure("etcd does not keep up")
    made.value = number / (time.monotonic() - begun)
    await asyncio.gather(*open_calls)
