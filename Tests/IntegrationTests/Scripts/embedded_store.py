"""Makes a folder with one embedded image, test:v1: embedded_store.py FOLDER."""

import hashlib
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir()
(folder / "layer").write_bytes(b"layer")
kind = "application/squashfs.image.rootfs.diff.img"
manifest = {
    "schemaVersion": 1,
    "mediaType": "application/embedded.manifest+json",
    "imageName": "test:v1",
    "created": "2026-01-01T00:00:00Z",
    "config": {"ENV": [], "ENTRYPOINT": ["/bin/sh"], "WORKDIR": "/"},
    "layers": [
        {"mediaType": kind, "size": 0, "digest": "", "pathInHost": "/dev/loop0", "pathInContainer": ""},
        {
            "mediaType": kind,
            "size": 5,
            "digest": "sha256:" + hashlib.sha256(b"layer").hexdigest(),
            "pathInHost": "layer",
            "pathInContainer": "/layer",
        },
    ],
}
data = json.dumps(manifest).encode()
(folder / "test.manifest").write_bytes(data)
(folder / "test.sgn").write_text("sha256:" + hashlib.sha256(data).hexdigest())
