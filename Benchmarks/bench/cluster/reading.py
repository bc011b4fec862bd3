"""Starting, and being asked while nothing changes: C1, C2, C4, C5, C9 and C10."""

import contextlib
import dataclasses
import statistics
import time

import msgpack

from ..lists import in_turn
from ..machine import cpu_seconds
from ..question import WHOLE_LIST, Failure, unchanged_request
from ..servers import Fixed
from .inventory import PREFIX
from .worker import Worker, call

LIMIT = 100  # nodes of an ImageLocality


def measure_start(cluster):
    """C1 and C2."""
    for number in range(cluster.plan.rounds):
        with cluster.worker() as worker:
            cluster.note("seconds to ready", worker.seconds_to_ready)
            cluster.note("CPU seconds to ready", cpu_seconds(worker.process.pid))
            time.sleep(1)
            cluster.note("anonymous MB, loaded", worker.anonymous_bytes / 1e6)
            if number == 0:
                cluster.check_every_node(worker)
                cluster.note("anonymous MB, asked for every node", worker.anonymous_bytes / 1e6)
        begun = time.monotonic()
        cluster.etcd.range(PREFIX)
        cluster.note("seconds of one range of everything", time.monotonic() - begun)


def measure_nodes(cluster):
    """C4: the nodes that hold an image, beside C that sends the same bytes."""
    plan = dataclasses.replace(cluster.plan, rounds=max(1, 3 * cluster.plan.rounds if not cluster.is_quick else 1))
    with cluster.worker() as worker:
        for count in sorted({10, 1_000, cluster.nodes}):
            image = cluster.inventory.image_held_by(count)
            request = cluster.filter_request(image, nodes=True)
            question = worker.expect(request, cluster.inventory.image_list_with_nodes(image))
            with Fixed(question.reply) as fixed:
                samples = in_turn(plan, {worker: question, fixed: question}, plan.load(seconds=plan.seconds / 2))
            holders = len(cluster.inventory.holders[image])
            cluster.results.add("filter with nodes", holders, question.size, samples, limit="C")


def measure_locality(cluster):
    """C5."""
    inventory = cluster.inventory
    pods = {
        "mixed": [inventory.image_held_by(count) for count in (10, 100, 1_000, cluster.nodes // 2, cluster.nodes)],
        "most popular": inventory.by_rank[:5],
    }
    with cluster.worker() as worker:
        for name, images in pods.items():
            tags = [inventory.images[image].tag for image in images]
            request = call("ImageLocality", images=tags, limit=LIMIT)
            question = worker.expect(request, inventory.locality(images, LIMIT, 1))
            samples = in_turn(cluster.plan, {worker: question}, cluster.plan.load(clients=1))
            cluster.results.add(f"locality, {name}", cluster.nodes, question.size, samples)


def measure_etcd(cluster):
    """C9: who holds an image, by waybill and by etcd, both asked by one client in Python."""
    inventory = cluster.inventory
    with cluster.worker() as worker, worker.client() as client:
        for count in (10, cluster.nodes):
            image = inventory.image_held_by(count)
            request, digest = cluster.filter_request(image, nodes=True), inventory.images[image].digest
            expected = sorted(inventory.names[node] for node in inventory.holders[image])

            def ask_waybill():
                return msgpack.unpackb(client.ask(request))["images"][0]["nodes"]

            def ask_etcd():
                prefix = PREFIX + b"nodes/"
                pairs = cluster.etcd.range(prefix).kvs
                return [pair.key[len(prefix) :].decode() for pair in pairs if digest in pair.value]

            times = {ask_waybill: [], ask_etcd: []}
            for _ in range(cluster.plan.rounds):
                for ask, turns in ((ask_waybill, 100), (ask_etcd, 3)):
                    for _ in range(turns):
                        begun = time.monotonic()
                        names = ask()
                        times[ask].append(time.monotonic() - begun)
                        if names != expected:
                            raise Failure(f"{ask.__name__}: {len(names)} nodes instead of {len(expected)}")
            own, etcd = (statistics.median(of) for of in times.values())
            holders = len(expected)
            cluster.results.note("µs by waybill", holders, own * 1e6)
            cluster.results.note("ms by etcd", holders, etcd * 1e3)
            cluster.results.note("times as fast as etcd", holders, etcd / own)


def measure_plain(cluster):
    """C10: a worker over etcd, and one over a layout with the same images, asked for what both answer the same."""
    plan = cluster.plan
    many = plan if cluster.is_quick else dataclasses.replace(plan, rounds=6 * plan.rounds)
    with contextlib.ExitStack() as stack:
        workers = [cluster.worker(), Worker(cluster.waybill, f"oci:{cluster.layout}")]
        names = ["waybill, etcd", "waybill, layout"]
        for worker in workers:
            stack.enter_context(worker)
        image = cluster.inventory.image_held_by(100)
        etag = cluster.inventory.etag
        for kind, request, of, seconds in (
            ("filter, no nodes", cluster.filter_request(image), many, 0.5),
            ("not_modified, no nodes", unchanged_request(etag), many, 0.5),
            ("list, no nodes", WHOLE_LIST, plan, 1),
        ):
            question = workers[1].question(request)
            if kind.startswith("filter") and question.reply.read_bytes() != cluster.inventory.image_list(image):
                raise Failure("the filter of a layout finds something else")
            workers[0].expect(request, question.reply.read_bytes())
            load = plan.load(seconds=seconds * plan.seconds)
            samples = in_turn(of, dict.fromkeys(workers, question), load, names)
            cluster.results.add(kind, len(cluster.inventory.images), question.size, samples, limit=names[1])
