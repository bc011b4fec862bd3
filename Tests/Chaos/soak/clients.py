"""Clients that ask all kinds of things at a steady rate."""

import collections
import json
import pathlib
import random
import threading
import time

import msgpack
import zmq

from checker import Answer

INVALID = pathlib.Path(__file__).resolve().parents[3] / "Schemas" / "golden" / "invalid"


class Record:
    """What became of the requests."""

    def __init__(self):
        self.begun = 0.0
        self.lock = threading.Lock()
        self.kinds = collections.Counter()
        # When each answer came, and how long it took.
        self.latencies = []
        self.sent = self.answered = self.lost = self.twice = self.wrong = 0
        self.not_modified = self.stale = self.left_out = self.between = 0
        self.answered_by = collections.Counter()
        # When workers were killed, and when they were stopped, with for how long.
        self.kills, self.pauses = [], []


class Client(threading.Thread):
    """Asks one thing after the other on one connection. Who is behind asks without a pause."""

    TIMEOUT = 15.0
    context = zmq.Context()

    def __init__(self, number, pool, stores, checker, record, rate, seed, log):
        super().__init__(daemon=True)
        self.number, self.pool, self.stores, self.checker = number, pool, stores, checker
        self.record, self.rate, self.log = record, rate, log
        self.chance = random.Random(f"{seed} client {number}")
        self.is_stopped = threading.Event()
        self.socket = None
        self.msgid = 0
        self.etag = None
        manifest = json.loads((INVALID / "manifest.json").read_text())
        # Without a cluster no reference is looked at.
        del manifest["rpc-image-locality-reference"]
        self.invalid = [
            (name, of["status"], of.get("msgid"), (INVALID / f"{name}.msgpack").read_bytes())
            for name, of in sorted(manifest.items())]
        self.kinds = {
            self.ask_whole: 10, self.ask_pool: 34, self.ask_storage: 12, self.ask_match: 16, self.ask_pages: 1,
            self.ask_wrong: 10, self.ask_unknown: 8, self.ask_status: 3, self.ask_nodes: 1}

    def stop(self):
        """Ends after the answer that it waits for."""
        self.is_stopped.set()

    def run(self):
        kinds, weights = zip(*self.kinds.items())
        due = time.monotonic() + self.chance.random()
        while not self.is_stopped.is_set():
            due = max(due + self.chance.expovariate(self.rate), time.monotonic() - 1)
            if (wait := due - time.monotonic()) > 0 and self.is_stopped.wait(wait):
                break
            self.chance.choices(kinds, weights)[0]()
        # A second answer would come now.
        time.sleep(1)
        self.look_for_more()
        if self.socket is not None:
            self.socket.close()

    def look_for_more(self):
        while self.socket is not None and self.socket.poll(0):
            more = self.socket.recv_multipart()
            self.record.twice += 1
            self.log.violate(f"client {self.number}: an answer to nothing: {more[-1][:200]!r}")

    def exchange(self, data, kind):
        """The answer with its times, or nil where none came."""
        if self.socket is None:
            self.socket = self.pool.connect(self.context, f"client-{self.number}")
        self.look_for_more()
        record = self.record
        sent = time.monotonic()
        self.socket.send_multipart([b"", data])
        came = None
        if self.socket.poll(int(self.TIMEOUT * 1000)):
            delimiter, reply = self.socket.recv_multipart()
            came = time.monotonic()
        with record.lock:
            record.sent += 1
            record.kinds[kind] += 1
            if came is None:
                record.lost += 1
            else:
                record.answered += 1
                record.latencies.append((came, came - sent))
        if came is None:
            self.log.violate(f"client {self.number}: no answer to {kind} {data[:80]!r} within {self.TIMEOUT:.0f} s")
            self.socket.close()
            self.socket = None
            return None
        return reply, sent, came

    def ask(self, kind, detail, data, name=None):
        """Asks, and has the answer checked. The answer's bytes, or nil."""
        if (answer := self.exchange(data, name or kind)) is None:
            return None
        reply, sent, came = answer
        self.checker.add(Answer(kind, detail, reply, sent, came))
        return reply

    def pack(self, request):
        """A map, or MessagePack-RPC, whose answer has the number of the request."""
        if self.chance.random() < 0.5:
            return msgpack.packb(request), None
        self.msgid += 1
        return msgpack.packb([0, self.msgid, "ListImages", [request]]), self.msgid

    def ask_either(self, kind, detail, request, name=None):
        data, number = self.pack(request)
        reply = self.ask(kind, detail, data, name)
        if reply is None:
            return None
        decoded = msgpack.unpackb(reply)
        if number is None:
            return decoded
        if decoded[1] != number:
            self.record.twice += 1
            self.log.violate(f"client {self.number}: an answer to {decoded[1]} instead of {number}")
        return decoded[3]

    # What is asked

    def ask_whole(self):
        if self.chance.random() < 0.6:
            reply = self.ask("whole", None, msgpack.packb({}), "whole list")
            reply = msgpack.unpackb(reply) if reply else None
        else:
            reply = self.ask_either("whole", "by RPC or not", {}, "whole list")
        if reply and "etag" in reply:
            self.etag = reply["etag"]

    def ask_match(self):
        if self.etag is None:
            return
        reply = self.ask_either("match", self.etag, {"if_none_match": self.etag}, "if_none_match")
        if reply and "etag" in reply:
            self.etag = reply["etag"]

    def ask_filter(self, detail, text):
        image = {"image": text}
        self.ask_either("filter", detail, {"filter": {"image": image} if self.chance.random() < 0.5 else image})

    def ask_pool(self):
        """By name, by id or by the beginning of one."""
        store = self.stores.layout if self.chance.random() < 0.7 else self.stores.archive
        number = self.chance.randrange(len(store.pool))
        identifier = store.pool[number].id
        text = self.chance.choice([identifier, identifier.removeprefix("sha256:")[:24], None, None, None])
        if text is None:
            name = self.chance.choice(store.tags(number, True))
            self.ask_filter((identifier, name), name)
        else:
            self.ask_filter((identifier, None), text)

    def ask_storage(self):
        name = self.chance.choice(self.stores.storage.names[-20:])
        self.ask_filter((None, name), name)

    def ask_unknown(self):
        name = f"nobody/{self.chance.random()}"
        self.ask_either("unknown", None, {"filter": {"image": {"image": name}}}, "unknown name")

    def ask_pages(self):
        """Pages of one state; begins anew when the state is over, as clients do."""
        for _ in range(3):
            if self.ask_pages_once():
                return

    def ask_pages_once(self):
        images, request, begun = [], {"limit": self.chance.choice([50, 100, 200])}, None
        while True:
            answer = self.exchange(msgpack.packb(request), "page")
            if answer is None:
                return True
            data, sent, came = answer
            begun = begun or sent
            reply = msgpack.unpackb(data)
            if "error" in reply:
                self.checker.add(Answer("precondition", request, data, begun, came))
                return False
            images += reply["images"]
            if request.setdefault("if_match", reply["etag"]) != reply["etag"]:
                self.checker.wrong(Answer("page", request, data, sent, came), "another etag")
            if "continue" not in reply:
                self.checker.add(Answer("pages", reply["etag"], images, begun, came))
                return True
            request["continue"] = reply["continue"]

    def ask_wrong(self):
        name, status, number, data = self.chance.choice(self.invalid)
        self.ask("refused", (name, status, number), data, "wrong request")

    def ask_nodes(self):
        self.msgid += 1
        detail = ("ListNodes without a cluster", "UNIMPLEMENTED", self.msgid)
        self.ask("refused", detail, msgpack.packb([0, self.msgid, "ListNodes", [{}]]), "ListNodes")

    def ask_status(self):
        self.msgid += 1
        self.ask("status", None, msgpack.packb([0, self.msgid, "Status", []]), "Status")
