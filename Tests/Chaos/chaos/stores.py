"""The OCI layouts that publishers read, and every inventory that each of them ever had."""

import dataclasses
import hashlib
import json
import os

CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NAME = "io.containerd.image.name"
EMPTY_TAR = bytes(1024)


def _encode(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Image:
    """An image as small as images get."""

    def __init__(self, label):
        layer = hashlib.sha256(EMPTY_TAR).hexdigest()
        self.config = _encode({
            "architecture": "amd64", "os": "linux", "config": {"Labels": {"wbc": label}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]}})
        self.id = f"sha256:{hashlib.sha256(self.config).hexdigest()}"
        self.manifest = _encode({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": self.id, "size": len(self.config)},
            "layers": [{"mediaType": LAYER, "digest": f"sha256:{layer}", "size": len(EMPTY_TAR)}]})
        self.digest = f"sha256:{hashlib.sha256(self.manifest).hexdigest()}"

    def write(self, blobs):
        for digest, data in ((self.id, self.config), (self.digest, self.manifest)):
            (blobs / digest.removeprefix("sha256:")).write_bytes(data)

    def descriptor(self, name):
        return {
            "mediaType": MANIFEST, "digest": self.digest, "size": len(self.manifest), "annotations": {NAME: name},
            "platform": {"architecture": "amd64", "os": "linux"}}


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What a node holds at a time: the names of its images by their ids."""

    node: str
    sequence: int
    names: dict


class Pool:
    """Images that nodes share. A node has one by its one name or by two."""

    def __init__(self, count):
        self.images = [Image(f"shared {number}") for number in range(count)]

    def names(self, number, has_alias):
        names = [f"example.org/shared/image-{number:03}:1"]
        return names + [f"example.org/alias/image-{number:03}:1"] * has_alias


class History:
    """Every inventory that any node ever had, found by its marker: an image that only this inventory has."""

    def __init__(self):
        self.inventories = {}
        self.by_marker = {}
        self.current = {}

    def add(self, inventory, marker):
        self.inventories[inventory.node, inventory.sequence] = inventory
        self.by_marker[marker] = (inventory.node, inventory.sequence)
        self.current[inventory.node] = inventory


class Store:
    """The layout of one node. A change is one rename."""

    def __init__(self, folder, node, pool, history, marks=True):
        self.path, self.node, self.pool, self.history, self.marks = folder / f"{node}.oci", node, pool, history, marks
        self.sequence = 0
        self.blobs = self.path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (self.path / "oci-layout").write_bytes(_encode({"imageLayoutVersion": "1.0.0"}))
        (self.blobs / hashlib.sha256(EMPTY_TAR).hexdigest()).write_bytes(EMPTY_TAR)
        for image in pool.images:
            image.write(self.blobs)

    def change(self, chance, most=12):
        """Gives the node other images. The new inventory counts as had before it can be seen."""
        self.sequence += 1
        names, descriptors = {}, []

        def add(image, tags):
            names[image.id] = tuple(sorted(tags))
            descriptors.extend(image.descriptor(tag) for tag in tags)

        for number in chance.sample(range(len(self.pool.images)), chance.randint(0, min(most, len(self.pool.images)))):
            add(self.pool.images[number], self.pool.names(number, chance.random() < 0.3))
        if self.marks:
            marker = Image(f"{self.node} {self.sequence}")
            marker.write(self.blobs)
            add(marker, [f"example.org/marker/{self.node}:{self.sequence}"])
            self.history.add(Inventory(self.node, self.sequence, names), marker.id)
        temporary = self.path / "index.json.new"
        temporary.write_bytes(_encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors}))
        os.rename(temporary, self.path / "index.json")
        return self.sequence
