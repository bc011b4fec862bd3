"""Holds each answer against the states that the stores had."""

import collections
import queue
import threading
import time

import msgpack

from chaos.log import Violation
from stores import Entry, united


class Answer:
    """A question with its answer, and when both were."""

    __slots__ = ("kind", "detail", "data", "sent", "came")

    def __init__(self, kind, detail, data, sent, came):
        self.kind, self.detail, self.data, self.sent, self.came = kind, detail, data, sent, came


class Checker(threading.Thread):
    """Answers are checked a little later, when every state that they may be of is known."""

    REMEMBERED = 2000
    # Within so many seconds a storage is read again that was read while a tool wrote it.
    READ_AGAIN = 4

    def __init__(self, stores, bound, record, log):
        super().__init__(daemon=True)
        self.stores, self.bound, self.record, self.log = stores, bound, record, log
        self.layout, self.archive, self.storage = stores.timelines
        self.pool_ids = set(stores.pool_ids)
        self.waiting = queue.SimpleQueue()
        self.is_finishing = threading.Event()
        # What a list says beyond names, digests and size never changes.
        self.rest = {}
        self.of_etag, self.etag_of = {}, {}
        # Lists that were read before, by their bytes.
        self.read = collections.OrderedDict()
        # How far behind the stores answers were, and those that a worker may have given that had been stopped.
        self.ages, self.ages_after_stops = [], []
        self.checked = 0

    def add(self, answer):
        self.waiting.put(answer)

    def run(self):
        while True:
            try:
                answer = self.waiting.get(timeout=0.2)
            except queue.Empty:
                if self.is_finishing.is_set():
                    return
                continue
            while self.stores.known_until() <= answer.came and not self.is_finishing.is_set():
                time.sleep(0.05)
            try:
                getattr(self, f"check_{answer.kind}")(answer)
                self.checked += 1
            except Violation as violation:
                self.wrong(answer, violation)
            except (KeyError, TypeError, ValueError, IndexError) as error:
                self.wrong(answer, f"{error!r}")

    def wrong(self, answer, reason):
        self.record.wrong += 1
        data = "" if len(answer.data) > 600 else f" {answer.data!r}"
        self.log.violate(f"{answer.kind} {answer.detail}: {reason}{data}")

    def finish(self):
        self.is_finishing.set()
        self.join(120)

    # What is in a reply

    def entry(self, image):
        identifier = image["id"]
        rest = (image["uid"], image["username"], image["spec"], image["pinned"])
        if self.rest.setdefault(identifier, rest) != rest:
            raise Violation(f"{identifier} has {rest}, and had {self.rest[identifier]}")
        return Entry(tuple(image["repo_tags"]), tuple(image["repo_digests"]), image["size"])

    def entries(self, images):
        ids = [image["id"] for image in images]
        if ids != sorted(set(ids)):
            raise Violation("images are not in order")
        return {image["id"]: self.entry(image) for image in images}

    def window(self, answer):
        """When a state may have been that an answer is of."""
        stopped = [
            seconds for begun, seconds in self.record.pauses
            if begun <= answer.came <= begun + seconds + 2 * self.bound]
        return answer.sent - self.bound - max(stopped, default=0), answer.came

    def transitions(self, since, until):
        """Pairs of states of the storage with what happened between them."""
        states = self.storage.states
        for number in range(len(states) - 1, 0, -1):
            before, after = states[number - 1], states[number]
            if before.ended < since:
                return
            if after.begun <= until:
                yield before, after

    def check_completeness(self, reply, since, until):
        """A list lacks something only while a tool writes the storage, or until it is read again."""
        stale, left_out = reply.get("stale", []), reply.get("left_out", 0)
        if not stale and not left_out:
            return
        self.record.stale += 1 if stale else 0
        self.record.left_out += 1 if left_out else 0
        is_written = any(True for _ in self.transitions(since + self.bound - self.READ_AGAIN, until))
        if not is_written or stale not in ([], [self.stores.storage.source]) or left_out > 1:
            raise Violation(f"{stale} is stale, {left_out} images are left out, and no tool writes: {is_written}")

    # Whole lists

    def check_whole(self, answer):
        reply = self.result(answer)
        self.check_list(reply, answer, answer.data)

    def check_pages(self, answer):
        """All pages together."""
        self.check_list({"images": answer.data, "etag": answer.detail}, answer, None)

    def check_list(self, reply, answer, data):
        since, until = self.window(answer)
        self.check_completeness(reply, since, until)
        key = hash(data) if data is not None and answer.kind == "whole" and answer.detail is None else None
        known = self.read.get(key) if key is not None else None
        if known is None:
            known = self.split(self.entries(reply["images"]))
            if key is not None:
                self.read[key] = known
                if len(self.read) > self.REMEMBERED:
                    self.read.popitem(last=False)
        layout, archive, rest = known
        self.check_time(layout, archive, answer)
        self.check_storage(rest, since, until)
        signature = (layout.marker, archive.marker, tuple(sorted(rest.items(), key=lambda item: item[0])))
        etag = reply["etag"]
        if self.of_etag.setdefault(etag, signature) != signature or self.etag_of.setdefault(signature, etag) != etag:
            raise Violation(f"the etag {etag} is not of the same images as before")

    def split(self, entries):
        """Which states of the written stores these are, and what is of the storage."""
        found = []
        for timeline in (self.layout, self.archive):
            states = [timeline.by_marker[key] for key in entries if key in timeline.by_marker]
            if len(states) != 1:
                raise Violation(f"has {len(states)} markers of one store")
            found.append(states[0])
        layout, archive = found
        expected = {
            key: united([state.images[key] for state in found if key in state.images])
            for key in layout.images.keys() | archive.images.keys()}
        other = {key: entries.get(key) for key in expected if entries.get(key) != expected[key]}
        if other:
            key = next(iter(other))
            raise Violation(f"{len(other)} images are not as in the store: {key} is {other[key]}, not {expected[key]}")
        rest = {key: entry for key, entry in entries.items() if key not in expected}
        if more := rest.keys() & self.pool_ids:
            raise Violation(f"too many images: {sorted(more)}")
        return layout, archive, rest

    def check_time(self, layout, archive, answer):
        since, until = self.window(answer)
        for state in (layout, archive):
            if not state.overlaps(since, until):
                raise Violation(f"a state that ended {answer.sent - state.ended:.2f} s before the request")
        age = max(0.0, answer.sent - min(layout.ended, archive.ended))
        (self.ages if since == answer.sent - self.bound else self.ages_after_stops).append(age)

    def check_storage(self, rest, since, until):
        if any(state.images == rest for state in self.storage.within(since, until)):
            return
        for before, after in self.transitions(since, until):
            if self.is_between(rest, before.images, after.images):
                self.record.between += 1
                return
        newest = self.storage.within(since, until)[0].images
        raise Violation(
            f"the storage never had this: {sorted(set(rest.items()) - set(newest.items()), key=str)} more and "
            f"{sorted(set(newest.items()) - set(rest.items()), key=str)} less than now")

    @staticmethod
    def is_between(rest, before, after):
        """A tool writes an image first and names it later, so that between two states an image may have no name."""
        for key in rest.keys() | before.keys() | after.keys():
            entry, old, new = rest.get(key), before.get(key), after.get(key)
            is_unnamed = entry is not None and entry.tags == () and old != new
            if entry not in (old, new) and not is_unnamed:
                return False
        return True

    # Filters

    def result(self, answer):
        reply = msgpack.unpackb(answer.data)
        if isinstance(reply, list):
            if reply[2] is not None:
                raise Violation(f"the error {reply[2]}")
            reply = reply[3]
        if "error" in reply:
            raise Violation(f"the error {reply['error']}")
        return reply

    def check_filter(self, answer):
        """Detail is (id, name) of an image of the written stores, (nil, name) of the storage; name nil asks by id."""
        identifier, name = answer.detail
        reply = self.result(answer)
        since, until = self.window(answer)
        self.check_completeness(reply, since, until)
        entries = self.entries(reply["images"])
        if identifier is None:
            if self.is_of_storage(name, entries, since, until):
                return
        else:
            found = {
                tuple(state.images.get(identifier) for state in (layout, archive))
                for layout in self.layout.within(since, until) for archive in self.archive.within(since, until)}
            for pair in found:
                held = [entry for entry in pair if entry is not None]
                expected = {identifier: united(held)} if held else {}
                if name is not None and held and name not in expected[identifier].tags:
                    expected = {}
                if entries == expected:
                    return
        raise Violation(f"never was so: {entries}")

    def is_of_storage(self, name, entries, since, until):
        for state in self.storage.within(since, until):
            if entries == {key: entry for key, entry in state.images.items() if name in entry.tags}:
                return True
        # A name is given away and taken in two steps.
        return entries == {} and any(
            name in entry.tags for before, after in self.transitions(since, until)
            for images in (before.images, after.images) for entry in images.values())

    def check_unknown(self, answer):
        if (images := self.result(answer)["images"]) != []:
            raise Violation(f"{len(images)} images")

    # The rest

    def check_match(self, answer):
        """Detail is the etag that was asked with."""
        reply = self.result(answer)
        if "not_modified" not in reply:
            if reply["etag"] == answer.detail:
                raise Violation("a list, though nothing has changed")
            return self.check_list(reply, answer, None)
        self.record.not_modified += 1
        since, until = self.window(answer)
        self.check_completeness(reply, since, until)
        if reply["etag"] != answer.detail or reply["not_modified"] is not True:
            raise Violation(f"{reply}")
        if (signature := self.of_etag.get(answer.detail)) is not None:
            layout, archive = self.layout.by_marker[signature[0]], self.archive.by_marker[signature[1]]
            self.check_time(layout, archive, answer)
            self.check_storage(dict(signature[2]), since, until)

    def check_precondition(self, answer):
        """A page of a state that is over: right where there were two."""
        error = msgpack.unpackb(answer.data)["error"]
        if error["status"] != "FAILED_PRECONDITION":
            raise Violation(f"{error}")
        since, until = self.window(answer)
        if all(len(timeline.within(since, until)) == 1 for timeline in self.stores.timelines):
            raise Violation("FAILED_PRECONDITION, though nothing has changed")

    def check_refused(self, answer):
        """Detail is (name, status, msgid) of what is wrong."""
        reply = msgpack.unpackb(answer.data)
        _, status, number = answer.detail
        if number is None:
            error = reply.get("error")
        else:
            kind, of, error, result = reply
            if (kind, of, result) != (1, number, None):
                raise Violation(f"{reply}")
        if error["status"] != status or not error["message"]:
            raise Violation(f"not {status}, but {error}")

    def check_status(self, answer):
        status = self.result(answer)
        if not status["ready"] or status["node"] not in ("killed-0", "killed-1", "steady"):
            raise Violation(f"{status}")
        self.record.answered_by[status["node"]] += 1
