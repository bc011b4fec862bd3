"""What the measurements of a cluster have in common."""

import dataclasses
import pathlib
import time

import msgpack

from ..machine import make_layout
from ..plan import Plan
from ..question import WHOLE_LIST, Failure
from ..results import Results
from .etcd import Etcd
from .inventory import Inventory, pack_list, split_list
from .worker import Client, Worker

MOST_IMAGES = 5_000


@dataclasses.dataclass
class Cluster:
    """A filled etcd."""

    waybill: pathlib.Path
    plan: Plan
    results: Results
    inventory: Inventory
    etcd: Etcd
    layout: pathlib.Path

    @property
    def nodes(self):
        return len(self.inventory.names)

    @property
    def is_quick(self):
        return self.plan.rounds == 1

    def worker(self, **options):
        return Worker.of_etcd(self.waybill, self.etcd, **options)

    def note(self, name, value):
        self.results.note(name, self.nodes, value)

    def filter_request(self, image, **more):
        return msgpack.packb({"filter": {"image": {"image": self.inventory.images[image].tag}}} | more)

    def check_every_node(self, worker, held=None):
        """Every list of a node, byte by byte."""
        with worker.client() as client:
            for node, name in enumerate(self.inventory.names):
                expected = self.inventory.node_list(node, (held or {}).get(node))
                if client.ask(node_request(name)) != expected:
                    raise Failure(f"the list of {name} is wrong")

    def wait_until_listed(self, worker, seconds=60, held=None):
        """Waits until every node is listed as current, with its own images or those of `held`."""
        etags = self.etags(held)
        deadline = time.monotonic() + seconds
        with worker.client() as client:
            while time.monotonic() < deadline:
                if told(client)[0] == etags:
                    return
                time.sleep(0.1)
        raise Failure(f"not every node is listed after {seconds} s")

    def etags(self, held=None):
        """The etag of each node."""
        held = held or {}
        return {name: self.inventory.node_etag(node, held.get(node)) for node, name in enumerate(self.inventory.names)}


def node_request(name, **more):
    return msgpack.packb({"node": name} | more)


def told(client: Client):
    """The etag of each node that a worker lists as current, and whether it says that it is behind."""
    found, resumption, is_stale = {}, {}, False
    while True:
        reply = client.call("ListNodes", **resumption)
        is_stale = is_stale or "stale" in reply
        found.update((node["name"], node["etag"]) for node in reply["nodes"] if node["state"] == "current")
        if "continue" not in reply:
            return found, is_stale
        resumption = {"continue": reply["continue"]}


def images_of_layout(waybill, nodes):
    """The images as a worker packs them, and the layout that they are from."""
    layout = make_layout(min(MOST_IMAGES, nodes // 2))
    with Worker(waybill, f"oci:{layout}") as worker:
        reply = worker.fetch(WHOLE_LIST)
    images = split_list(reply)
    if pack_list([image.packed for image in images], Inventory.etag_of(images)) != reply:
        raise Failure("the list of a layout is not understood")
    return images, layout
