"""What a reply says of the nodes, held against every inventory that they ever had."""

import threading
import time

import msgpack

from .log import Violation
from .services import Client

NOT_FOUND, UNAVAILABLE = 5, 14
WHOLE, NODES, LIST_NODES = "whole", "nodes", "ListNodes"


def request_of(kind):
    """A kind is the name of a request, or the name of a node."""
    return {WHOLE: {}, NODES: {"nodes": True}, LIST_NODES: [0, 1, "ListNodes", [{}]]}.get(kind, {"node": kind})


def error_code(reply):
    value = reply[2] if isinstance(reply, list) else reply.get("error")
    return value["code"] if value else None


class Rules:
    """No reply has an inventory that its node never had, nor some of one inventory and some of another."""

    def __init__(self, history):
        self.history = history

    def read(self, kind, data):
        """What the reply says: which inventory each node has that is listed. Nil for an error that is no fault."""
        reply = msgpack.unpackb(data)
        code = error_code(reply)
        if code in (UNAVAILABLE, NOT_FOUND) and (code == UNAVAILABLE or kind not in (WHOLE, NODES, LIST_NODES)):
            return None
        if code is not None:
            raise Violation(f"{kind}: the error {reply}")
        if kind == LIST_NODES:
            self._check_list_of_nodes(reply[3])
            return {}
        if reply.get("left_out"):
            raise Violation(f"{kind}: {reply['left_out']} images are left out")
        names = {image["id"]: tuple(image["repo_tags"]) for image in reply["images"]}
        if len(names) != len(reply["images"]):
            raise Violation(f"{kind}: an image is listed twice")
        if kind == NODES:
            return self._read_nodes(reply["images"], names)
        return self._read_union(kind, names)

    def _found(self, kind, ids):
        """The inventories whose markers are among the images."""
        found = {}
        for identifier in ids:
            if (place := self.history.by_marker.get(identifier)) is None:
                continue
            node, sequence = place
            if node in found:
                raise Violation(f"{kind}: {node} has markers of {found[node]} and {sequence}")
            found[node] = sequence
        return found

    def _read_union(self, kind, names):
        found = self._found(kind, names)
        if kind != WHOLE and list(found) != [kind]:
            raise Violation(f"{kind}: has {len(names)} images and the markers {found}")
        self._compare(f"{kind}", names, self.united(found))
        return found

    def _read_nodes(self, images, names):
        held = {}
        for image in images:
            if image["nodes"] != sorted(set(image["nodes"])) or not image["nodes"]:
                raise Violation(f"nodes: {image['id']} has the nodes {image['nodes']}")
            for node in image["nodes"]:
                held.setdefault(node, set()).add(image["id"])
        found = self._found(NODES, names)
        if set(found) != set(held):
            raise Violation(f"nodes: markers are of {sorted(found)}, and images are of {sorted(held)}")
        for node, ids in held.items():
            expected = self.history.inventories[node, found[node]].names
            self._compare(f"nodes, of {node} at {found[node]}", dict.fromkeys(ids), dict.fromkeys(expected))
        self._compare("nodes", names, self.united(found))
        return found

    def united(self, sequences):
        names = {}
        for place in sequences.items():
            for identifier, tags in self.history.inventories[place].names.items():
                names.setdefault(identifier, set()).update(tags)
        return {identifier: tuple(sorted(tags)) for identifier, tags in names.items()}

    @staticmethod
    def _compare(what, names, expected):
        if names != expected:
            more, less = names.keys() - expected.keys(), expected.keys() - names.keys()
            other = {
                key: (names[key], expected[key]) for key in names.keys() & expected.keys()
                if names[key] != expected[key]}
            raise Violation(f"{what}: too many {sorted(more)}, lacking {sorted(less)}, other names {other}")

    def _check_list_of_nodes(self, reply):
        nodes = [node["name"] for node in reply["nodes"]]
        if nodes != sorted(set(nodes)):
            raise Violation(f"ListNodes: {nodes} are not in order")
        for node in reply["nodes"]:
            if node["state"] == "current" and not node["images"]:
                raise Violation(f"ListNodes: {node} is current without images")


class Asker(threading.Thread):
    """Asks one worker everything in turn, and holds each reply against the rules and against what it said before."""

    PAUSE = 0.01

    def __init__(self, worker, endpoint, nodes, rules, log, chance):
        super().__init__(daemon=True)
        self.worker, self.nodes, self.rules, self.log, self.chance = worker, nodes, rules, log, chance
        self.client = Client(endpoint)
        self.known = {}
        self.last = {}
        self.era = None
        # While etcd is restored from a backup.
        self.takes_older = False

    def run(self):
        while not self.log.is_over.is_set():
            kinds = [*self.nodes, WHOLE, WHOLE, NODES, NODES, LIST_NODES]
            self.chance.shuffle(kinds)
            for kind in kinds:
                try:
                    self.check(kind)
                except Violation as violation:
                    self.log.violate(f"{self.worker.name}: {violation}")
                time.sleep(self.PAUSE)

    def check(self, kind):
        generation = self.worker.generation
        if generation != self.era:
            self.client.close()
            self.last, self.era = {}, generation
        data = self.client.ask(request_of(kind))
        if self.worker.generation != generation:
            return
        if data is None:
            self.log.count("requests without a reply in time, of workers that were stopped or started")
            return
        known = self.known.get(kind)
        if known is None or known[0] != data:
            known = self.known[kind] = (data, self.rules.read(kind, data))
            self.log.count("different replies")
        self.log.count("replies checked" if known[1] is not None else "replies NOT_FOUND or UNAVAILABLE")
        for node, sequence in (known[1] or {}).items():
            before = self.last.get(node, 0)
            if sequence < before:
                self.last[node] = sequence
                if self.takes_older:
                    self.log.note(f"{self.worker.name} says {node} is at {sequence} again, and was at {before}")
                    continue
                raise Violation(f"{kind}: {node} is at {sequence} again, and was at {before}")
            if sequence > before:
                self.log.note(f"{self.worker.name} says {node} is at {sequence} ({kind})")
                self.last[node] = sequence
