"""Three stores that change all the time, and every state that each of them had."""

import dataclasses
import hashlib
import io
import json
import math
import os
import subprocess
import tarfile
import threading
import time

from chaos.stores import EMPTY_TAR, INDEX, Image


def encode(value):
    return json.dumps(value, separators=(",", ":")).encode()


@dataclasses.dataclass(frozen=True)
class Entry:
    """What a list says of an image."""

    tags: tuple
    digests: tuple
    size: int


def united(entries):
    """One image by the word of several stores, in their order."""
    if len(entries) == 1:
        return entries[0]
    tags = {tag for entry in entries for tag in entry.tags}
    digests = {digest for entry in entries for digest in entry.digests}
    return Entry(tuple(sorted(tags)), tuple(sorted(digests)), entries[0].size)


class State:
    """What a store held from one moment to another."""

    def __init__(self, images, begun, marker=None):
        self.images, self.begun, self.ended, self.marker = images, begun, math.inf, marker

    def overlaps(self, since, until):
        return self.begun <= until and self.ended >= since


class Timeline:
    """The states of a store. A state may be seen from its beginning on and until its end."""

    def __init__(self):
        self.states = []
        self.by_marker = {}
        # Since when a change is under way whose outcome nobody knows yet.
        self.changing_since = None

    def add(self, images, begun, marker=None):
        state = State(images, begun, marker)
        self.states.append(state)
        if marker:
            self.by_marker[marker] = state
        return state

    def within(self, since, until):
        """The states, newest first."""
        found = []
        for state in reversed(self.states):
            if state.ended < since:
                break
            if state.begun <= until:
                found.append(state)
        return found

    @property
    def known_until(self):
        return self.changing_since or time.monotonic()


class MarkedStore:
    """A store that this program writes. A change is one rename, and each state has an image that no other state has."""

    CHANGE = 3

    def __init__(self, name, pool, chance, count):
        self.name, self.pool, self.chance = name, pool, chance
        self.timeline = Timeline()
        self.sequence = 0
        self.chosen = {number: False for number in chance.sample(range(len(pool)), count)}

    def tags(self, number, has_alias):
        names = [f"example.org/{self.name}/image-{number:03}:1"]
        return tuple(sorted(names + [f"example.org/{self.name}/alias-{number:03}:2"] * has_alias))

    def choose(self):
        """Takes some images out, puts some in, and gives some another name."""
        for _ in range(self.chance.randint(1, self.CHANGE)):
            number = self.chance.randrange(len(self.pool))
            if number in self.chosen and self.chance.random() < 0.6:
                del self.chosen[number]
            else:
                self.chosen[number] = self.chance.random() < 0.3

    def change(self):
        self.sequence += 1
        marker = Image(f"{self.name} {self.sequence}")
        self.choose()
        held = [(self.pool[number], self.tags(number, alias)) for number, alias in sorted(self.chosen.items())]
        held.append((marker, (f"example.org/marker/{self.name}:{self.sequence}",)))
        ready = self.prepare(held, marker)
        images = {image.id: Entry(tags, self.digests(image, tags), self.size(image)) for image, tags in held}
        last = self.timeline.states[-1] if self.timeline.states else None
        self.timeline.add(images, time.monotonic(), marker.id)
        ready()
        if last:
            last.ended = time.monotonic()

    def size(self, image):
        return len(image.config) + len(EMPTY_TAR)


class Layout(MarkedStore):
    """An OCI layout. The blobs of markers are taken away when they are old."""

    def __init__(self, folder, pool, chance, count):
        super().__init__("oci", pool, chance, count)
        self.path = folder / "layout"
        self.source = f"oci:{self.path}"
        self.blobs = self.path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (self.path / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
        (self.blobs / hashlib.sha256(EMPTY_TAR).hexdigest()).write_bytes(EMPTY_TAR)
        for image in pool:
            image.write(self.blobs)
        self.markers = []
        self.change()

    def digests(self, image, tags):
        return tuple(sorted(f"{tag.rpartition(':')[0]}@{image.digest}" for tag in tags))

    def prepare(self, held, marker):
        marker.write(self.blobs)
        descriptors = [image.descriptor(tag) for image, tags in held for tag in tags]
        temporary = self.path / "index.json.new"
        temporary.write_bytes(encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors}))
        self.markers.append(marker)
        if len(self.markers) > 30:
            old = self.markers.pop(0)
            for digest in (old.id, old.digest):
                (self.blobs / digest.removeprefix("sha256:")).unlink()
        return lambda: os.rename(temporary, self.path / "index.json")


class Archive(MarkedStore):
    """A file as `docker save` writes it. It has no digests of manifests."""

    def __init__(self, folder, pool, chance, count):
        super().__init__("archive", pool, chance, count)
        self.path = folder / "images.tar"
        self.source = f"docker-archive:{self.path}"
        self.change()

    def digests(self, image, tags):
        return ()

    def prepare(self, held, marker):
        temporary = self.path.with_suffix(".new")
        manifest = []
        with tarfile.open(temporary, "w") as archive:
            self._add(archive, "layer.tar", EMPTY_TAR)
            for image, tags in held:
                name = f"{image.id.removeprefix('sha256:')}.json"
                self._add(archive, name, image.config)
                manifest.append({"Config": name, "RepoTags": tags, "Layers": ["layer.tar"]})
            self._add(archive, "manifest.json", encode(manifest))
        return lambda: os.rename(temporary, self.path)

    @staticmethod
    def _add(archive, name, data):
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))


class Storage:
    """A store of containers/storage. Skopeo, Buildah and Podman change it, and Podman says what is in it."""

    MOST = 12

    def __init__(self, folder, chance, log):
        self.folder, self.chance, self.log = folder, chance, log
        self.root, self.runroot = folder / "storage", folder / "storage-run"
        self.source = f"containers-storage:{self.root}"
        self.timeline = Timeline()
        self.number = 0
        # Every name that ever was.
        self.names = []
        for _ in range(3):
            self._copy()
        self.timeline.add(self._listed(), time.monotonic())

    def _run(self, *command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise OSError(f"{command}: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()

    def _tool(self, tool, *arguments):
        return self._run(tool, "--storage-driver", "vfs", "--root", self.root, "--runroot", self.runroot, *arguments)

    def _listed(self):
        """What Podman says, by the ids."""
        listed = {}
        for line in json.loads(self._tool("podman", "images", "--format", "json") or "[]"):
            listed[f"sha256:{line['Id']}"] = Entry(
                tuple(sorted(line.get("Names") or [])), tuple(sorted(line.get("RepoDigests") or [])), line["Size"])
        return listed

    def change(self):
        last = self.timeline.states[-1]
        kinds = [self._copy, self._copy, self._commit, self._move, self._tag]
        if len(last.images) > 3:
            kinds += [self._remove] * (20 if len(last.images) >= self.MOST else 2) + [self._untag]
        kind = self.chance.choice(kinds)
        begun = time.monotonic()
        self.timeline.changing_since = begun
        kind()
        images = self._listed()
        self.timeline.add(images, begun)
        last.ended = time.monotonic()
        self.timeline.changing_since = None
        self.log.note(f"the storage has changed: {kind.__name__.strip('_')}, {len(images)} images", "changes by tools")

    def _new_name(self):
        self.number += 1
        self.names.append(f"example.org/storage/image-{self.number:04}:1")
        return self.names[-1]

    def _copy(self, name=None):
        """An image of its own, by Skopeo."""
        name = name or self._new_name()
        seed = self.folder / "seed"
        blobs = seed / "blobs" / "sha256"
        blobs.mkdir(parents=True, exist_ok=True)
        image = Image(f"storage {self.number} {name} {time.monotonic()}")
        image.write(blobs)
        (blobs / hashlib.sha256(EMPTY_TAR).hexdigest()).write_bytes(EMPTY_TAR)
        (seed / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
        descriptor = image.descriptor("seed")
        descriptor["annotations"] = {"org.opencontainers.image.ref.name": "seed"}
        (seed / "index.json").write_bytes(encode({"schemaVersion": 2, "manifests": [descriptor]}))
        self._run(
            "skopeo", "--insecure-policy", "copy", "--quiet", f"oci:{seed}:seed",
            f"containers-storage:[vfs@{self.root}+{self.runroot}]{name}")
        for digest in (image.id, image.digest):
            (blobs / digest.removeprefix("sha256:")).unlink()

    def _move(self):
        """Another image takes a name."""
        self._copy(self.chance.choice(self._current_names() or [self._new_name()]))

    def _commit(self):
        """An image with a layer, by Buildah."""
        name = self._new_name()
        file = self.folder / "file"
        file.write_bytes(name.encode() * self.chance.randint(1, 200))
        container = self._tool("buildah", "from", "scratch")
        self._tool("buildah", "copy", container, file, "/")
        self._tool("buildah", "config", "--user", "1234", container)
        self._tool("buildah", "commit", "--quiet", "--rm", container, name)

    def _current_names(self):
        return sorted(tag for entry in self.timeline.states[-1].images.values() for tag in entry.tags)

    def _current(self):
        return self.chance.choice(sorted(self.timeline.states[-1].images)).removeprefix("sha256:")

    def _tag(self):
        self._tool("buildah", "tag", self._current(), self._new_name())

    def _untag(self):
        if names := self._current_names():
            self._tool("podman", "untag", self.chance.choice(names))

    def _remove(self):
        self._tool("buildah", "rmi", "--force", self._current())


class Stores(threading.Thread):
    """Changes the stores, the written ones every second or two, and the tools' every few seconds."""

    def __init__(self, folder, chance, log):
        super().__init__(daemon=True)
        self.chance, self.log = chance, log
        self.pool = [Image(f"shared {number}") for number in range(320)]
        self.layout = Layout(folder, self.pool, chance, 240)
        self.archive = Archive(folder, self.pool[:80], chance, 40)
        self.storage = Storage(folder, chance, log)
        self.all = [self.layout, self.archive, self.storage]
        self.sources = [store.source for store in self.all]
        self.timelines = [store.timeline for store in self.all]
        # What may be asked for by the ids of images that stay the same.
        self.pool_ids = [image.id for image in self.pool]
        self.is_stopped = threading.Event()

    def run(self):
        storage = threading.Thread(target=self._change, args=([self.storage], 2, 6), daemon=True)
        storage.start()
        self._change([self.layout, self.layout, self.archive], 0.5, 1.5)
        storage.join(60)

    def stop(self):
        self.is_stopped.set()
        self.join(60)

    def _change(self, stores, least, most):
        while not self.is_stopped.wait(self.chance.uniform(least, most)):
            store = self.chance.choice(stores)
            try:
                store.change()
            except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
                self.log.violate(f"this program cannot change a store: {error}")
                return
            if store is not self.storage:
                self.log.count("changes of the written stores")

    def known_until(self):
        """Up to when every state is known."""
        return min(timeline.known_until for timeline in self.timelines)
