"""What is asked, and what must come back."""

import dataclasses
import hashlib
import json
import pathlib
import re

import msgpack

from .machine import SCRATCH


class Failure(Exception):
    """A wrong reply, a crash, or no answer: what was measured is void."""


WHOLE_LIST = msgpack.packb({})


def filter_request(image):
    return msgpack.packb({"filter": {"image": {"image": image}}})


def unchanged_request(etag):
    return msgpack.packb({"if_none_match": etag})


def decode(data):
    """The reply as a dictionary."""
    try:
        reply = msgpack.unpackb(data)
    except (ValueError, msgpack.UnpackException) as error:
        raise Failure(f"a reply that is not MessagePack: {error}") from error
    if not isinstance(reply, dict):
        raise Failure("a reply that is not a map")
    return reply


@dataclasses.dataclass
class Question:
    """A request and its one right reply, in files for the load.

    `raw` ones are bytes on the wire, of whatever protocol. `changing` has the places in the reply that change with the
    registry, for a reply that is asked for while it does.
    """

    request: pathlib.Path
    reply: pathlib.Path
    raw: bool = False
    changing: pathlib.Path | None = None

    @classmethod
    def write(cls, request, reply, raw=False):
        name = SCRATCH / hashlib.sha256(request + reply).hexdigest()[:16]
        question = cls(name.with_suffix(".request"), name.with_suffix(".reply"), raw)
        question.request.write_bytes(request)
        question.reply.write_bytes(reply)
        return question

    def while_changing(self):
        """The same while RegistryBench changes images: each of those has the number of its last change in a tag."""
        places = [match.start(1) for match in re.finditer(rb":change-([0-9a-f]{8})", self.reply.read_bytes())]
        changing = self.reply.with_suffix(".changing")
        changing.write_text("".join(f"{place}\n" for place in places))
        return dataclasses.replace(self, changing=changing)

    @property
    def size(self):
        return self.reply.stat().st_size

    @property
    def arguments(self):
        """How the load is told of it."""
        given = ["--request", self.request, "--expect", self.reply]
        if self.raw:
            given.append("--raw")
        if self.changing:
            given += ["--changing", self.changing]
        return given


def check_whole_list(reply, layout):
    """The ids in order and the tags must be the layout's own, read here without waybill."""
    tags = layout_tags(layout)
    expected = [(image, sorted(tags[image])) for image in sorted(tags)]
    listed = [(image["id"], image["repo_tags"]) for image in reply["images"]]
    if listed != expected:
        raise Failure(f"the list of {len(listed)} images is not that of the layout, which has {len(expected)}")


def layout_tags(layout):
    """The tags of each image id of a layout."""

    def blob(digest):
        return json.loads((layout / "blobs" / digest.replace(":", "/")).read_bytes())

    tags, configs = {}, {}
    for entry in json.loads((layout / "index.json").read_bytes())["manifests"]:
        manifest = entry["digest"]
        if manifest not in configs:
            configs[manifest] = blob(manifest)["config"]["digest"]
        tags.setdefault(configs[manifest], []).append(entry["annotations"]["io.containerd.image.name"])
    return tags
