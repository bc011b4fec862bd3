"""Writes a compressed archive of one image that takes seconds to read, for a layer of 400 MB in it."""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

BLOCK, BLOCKS = 1 << 22, 96


def header(name, size):
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.USTAR_FORMAT)


config = json.dumps({"config": {"User": "1000"}}).encode()
name = hashlib.sha256(config).hexdigest() + ".json"
listing = json.dumps([{"Config": name, "RepoTags": ["slow:1"], "Layers": ["layer.tar"]}]).encode()
rest = io.BytesIO()
with tarfile.open(fileobj=rest, mode="w") as tar:
    for file, contents in ((name, config), ("manifest.json", listing)):
        member = tarfile.TarInfo(file)
        member.size = len(contents)
        tar.addfile(member, io.BytesIO(contents))
# Of two letters in no order, which are as slow to decompress as anything; a compressed block may follow another.
letters = bytes(ord("a") + (byte & 1) for byte in range(256))
block = gzip.compress(os.urandom(BLOCK).translate(letters), 1)
with open(sys.argv[1], "wb") as archive:
    archive.write(gzip.compress(header("layer.tar", BLOCK * BLOCKS)))
    for _ in range(BLOCKS):
        archive.write(block)
    archive.write(gzip.compress(rest.getvalue()))
