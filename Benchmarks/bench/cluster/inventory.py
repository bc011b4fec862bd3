"""What a cluster holds, as 10,000 publishers would say it, and what a worker must answer of it.

Few images are everywhere and most are rare: the most popular one is on every node, a tenth of them on ten nodes each,
and those between fall off as a power of their rank. Everything that a worker says is worked out here without it, etags
included.
"""

import dataclasses
import hashlib
import random

import msgpack

from ..question import Failure

PREFIX = b"/waybill/v1/"
IMAGES_A_NODE = 50
RAREST = 10  # nodes that hold each of the rarest images
MODULUS = 1 << 256


@dataclasses.dataclass(frozen=True)
class Image:
    packed: bytes
    digest: bytes
    id: str
    size: int
    tag: str

    @classmethod
    def of(cls, packed):
        fields = msgpack.unpackb(packed)
        return cls(packed, hashlib.sha256(packed).digest(), fields["id"], fields["size"], fields["repo_tags"][0])

    @property
    def key(self):
        return PREFIX + b"images/" + self.digest.hex().encode()


def split_list(reply):
    """The images of a whole list, each as it was packed."""
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(reply)
    unpacker.read_map_header()
    if unpacker.unpack() != "images":
        raise Failure("a list without images")
    images = []
    for _ in range(unpacker.read_array_header()):
        start = unpacker.tell()
        unpacker.skip()
        images.append(Image.of(reply[start : unpacker.tell()]))
    return images


def node_key(name):
    return PREFIX + b"nodes/" + name.encode()


def node_name(number):
    return f"ip-10-{number >> 16}-{number >> 8 & 255}-{number & 255}.ec2.internal"


class Inventory:
    """Who holds what: `held[node]` are the numbers of images in the order of their ids, `holders[image]` of nodes."""

    def __init__(self, images, nodes):
        self.images = sorted(images, key=lambda image: image.id)
        self.numbers = {image.digest: number for number, image in enumerate(self.images)}
        self.names = [node_name(number) for number in range(nodes)]
        chance = random.Random(2026)
        self.by_rank = list(range(len(images)))
        chance.shuffle(self.by_rank)
        self.holders = [[] for _ in images]
        self.deal(holder_counts(nodes, len(images)), chance)
        self.held = [[] for _ in range(nodes)]
        for image, holders in enumerate(self.holders):
            holders.sort()
            for node in holders:
                self.held[node].append(image)
        if any(len(set(held)) != IMAGES_A_NODE for held in self.held):
            raise Failure(f"the images are not dealt to {IMAGES_A_NODE} a node")

    def deal(self, counts, chance):
        """Round after round of all nodes, each in an order of its own, so that every node gets as many."""
        order, taken = self.shuffled(chance), 0
        for image, count in zip(self.by_rank, counts):
            own = order[taken : taken + count]
            taken += len(own)
            if len(own) < count:
                order, taken = self.shuffled(chance), count - len(own)
                # Who has the image from the round before does not get it again.
                had = set(own)
                fresh = [node for node in order if node not in had]
                order = fresh[:taken] + [node for node in order if node in had] + fresh[taken:]
                own += order[:taken]
            self.holders[image] = own

    def shuffled(self, chance):
        order = list(range(len(self.names)))
        chance.shuffle(order)
        return order

    def image_held_by(self, count):
        """The number of an image that about so many nodes hold."""
        return min(self.by_rank, key=lambda image: abs(len(self.holders[image]) - count))

    def record(self, node, held=None, started=1_800_000_000_000_000):
        images = self.node_images(node, held)
        return msgpack.packb({
            "images": b"".join(image.digest for image in images),
            "etag": self.etag_of(images),
            "started": started,
            "version": "0.1.0",
            "sources": [{"name": "cri:", "state": "ready"}],
        })

    def images_of_record(self, record):
        """The numbers of the images that a record names."""
        digests = msgpack.unpackb(record)["images"]
        return {self.numbers[digests[start : start + 32]] for start in range(0, len(digests), 32)}

    def fill(self, etcd):
        """Puts everything; each image with a lease of the first node that holds it."""
        leases = {node: etcd.grant(86_400) for node in sorted({holders[0] for holders in self.holders})}
        etcd.put((image.key, image.packed, leases[of[0]]) for image, of in zip(self.images, self.holders))
        etcd.put((node_key(name), self.record(node), 0) for node, name in enumerate(self.names))

    # What a worker must answer.

    @staticmethod
    def etag_of(images):
        return etag(image.digest for image in images)

    @property
    def etag(self):
        return self.etag_of(self.images)

    def node_images(self, node, held=None):
        """The images of a node, or those of these numbers."""
        return [self.images[image] for image in (self.held[node] if held is None else held)]

    def node_etag(self, node, held=None):
        return self.etag_of(self.node_images(node, held))

    @property
    def etag_with_nodes(self):
        told = (hashlib.sha256(f"{name}\0{self.node_etag(n)}".encode()).digest() for n, name in enumerate(self.names))
        return hashlib.sha256(f"{self.etag}\0{etag(told)}".encode()).hexdigest()

    def node_list(self, node, held=None):
        images = self.node_images(node, held)
        return pack_list([image.packed for image in images], self.etag_of(images))

    def image_list(self, image):
        return pack_list([self.images[image].packed], self.etag)

    def image_list_with_nodes(self, image):
        names = sorted(self.names[node] for node in self.holders[image])
        packed = b"\x89" + self.images[image].packed[1:] + msgpack.packb("nodes") + msgpack.packb(names)
        return pack_list([packed], self.etag_with_nodes)

    def locality(self, images, limit, number):
        """The reply to the ImageLocality of this number."""
        found = {}
        for place, image in enumerate(images):
            for node in self.holders[image]:
                found.setdefault(self.names[node], []).append(place)
        nodes = [
            {"name": name, "bytes": sum(self.images[images[place]].size for place in places), "images": places}
            for name, places in found.items()
        ]
        nodes.sort(key=lambda node: (-node["bytes"], node["name"]))
        asked = [
            {"image": of.tag, "id": of.id, "size": of.size, "nodes": len(self.holders[image])}
            for image, of in ((image, self.images[image]) for image in images)
        ]
        return msgpack.packb([1, number, None, {"images": asked, "nodes": nodes[:limit]}])


def holder_counts(nodes, images):
    """How many nodes hold each image, most popular first: IMAGES_A_NODE for each node in all."""
    rare = images // 10
    total = IMAGES_A_NODE * nodes - rare * RAREST

    def counts(exponent):
        return [max(RAREST, round(nodes / rank**exponent)) for rank in range(1, images - rare + 1)]

    low, high = 0.0, 4.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(counts(middle)) > total else (low, middle)
    found = counts(high)
    rank = 1
    while (missing := total - sum(found)) > 0:
        more = min(missing, found[rank - 1] - found[rank])
        found[rank] += more
        rank += 1
    if sum(found) != total:
        raise Failure(f"{images} images cannot be dealt to {nodes} nodes")
    return found + [RAREST] * rare


def etag(digests):
    """Of a set: the sum of its digests, as the worker has it."""
    return f"{sum(int.from_bytes(digest, 'big') for digest in digests) % MODULUS:064x}"


def pack_list(images, tag):
    count = msgpack.Packer().pack_array_header(len(images))
    return b"\x82" + msgpack.packb("images") + count + b"".join(images) + msgpack.packb("etag") + msgpack.packb(tag)


def pack_unchanged(tag):
    return msgpack.packb({"not_modified": True, "etag": tag})
