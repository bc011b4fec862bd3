"""Stores of every kind, each for one reader that meets a fault: fault_stores.py FOLDER N [CONTROL ERRNO CALLS]

Adds image N to each store, or changes what its reader reads. With CONTROL, the fault of each reader's file is there before
the file is: it is written to CONTROL as faults.c takes it.
"""
import base64
import hashlib
import io
import json
import os
import sqlite3
import sys
import tarfile

FOLDER, N = sys.argv[1], int(sys.argv[2])
writes = []  # (path, bytes), in the order in which the owner of a store writes
faults = {}


def sha(data):
    return hashlib.sha256(data).hexdigest()


def dump(value):
    return json.dumps(value).encode()


def write(path, data):
    writes.append((path, data if isinstance(data, bytes) else dump(data)))


def image(n):
    """The configuration and the manifest of image n."""
    config = dump({"os": "linux", "config": {"User": str(n)}})
    manifest = dump({
        "schemaVersion": 2, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + sha(config),
                   "size": len(config)}})
    return config, manifest


def oci(reader, fault):
    path = f"{FOLDER}/{reader}"
    write(f"{path}/oci-layout", {"imageLayoutVersion": "1.0.0"})
    config, manifest = image(N)
    for blob in config, manifest:
        write(f"{path}/blobs/sha256/{sha(blob)}", blob)
    descriptors = [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + sha(image(n)[1]),
         "size": len(image(n)[1])} for n in range(N + 1)]
    write(f"{path}/index.json", {"schemaVersion": 2, "manifests": descriptors})
    files = {"manifest": f"blobs/sha256/{sha(manifest)}", "config": f"blobs/sha256/{sha(config)}"}
    faults[reader] = f"{path}/{files.get(fault, fault)}"


def big_data(name):
    return "=" + base64.b64encode(name.encode()).decode()


def record(n, layers):
    config, manifest = image(n)
    digest, config_digest = "sha256:" + sha(manifest), "sha256:" + sha(config)
    return {
        "id": sha(config), "digest": digest, "names": [f"image-{n}:1"], "layer": layers[n]["id"],
        "big-data-sizes": {"manifest": len(manifest), config_digest: len(config)},
        "big-data-digests": {"manifest": digest, config_digest: config_digest}}


def layers():
    return [{"id": sha(b"layer %d" % n), "diff-size": 10} for n in range(N + 1)]


def containers_storage(reader, fault):
    path = f"{FOLDER}/{reader}"
    config, manifest = image(N)
    folder = f"overlay-images/{sha(config)}"
    config_file = f"{folder}/{big_data('sha256:' + sha(config))}"
    write(f"{path}/overlay-images/images.lock", b"")
    write(f"{path}/overlay-layers/layers.json", layers())
    write(f"{path}/{config_file}", config)
    write(f"{path}/{folder}/manifest", manifest)
    write(f"{path}/overlay-images/images.json", [record(n, layers()) for n in range(N + 1)])
    files = {"manifest": f"{folder}/manifest", "config": config_file}
    faults[reader] = f"{path}/{files.get(fault, fault)}"


def isulad(reader, fault):
    path = f"{FOLDER}/{reader}"
    config, _ = image(N)
    folder = f"storage/overlay-images/{sha(config)}"
    config_file = f"{folder}/{big_data('sha256:' + sha(config))}"
    layer_file = f"storage/overlay-layers/{layers()[N]['id']}/layer.json"
    changed = f"storage/overlay-images/{sha(image(0)[0])}/images.json"
    if fault == "changed":
        # The first image gets another name each time, and keeps what it has.
        first = record(0, layers()) | {"names": [f"image-0:{N}"]}
        if N == 0:
            write(f"{path}/storage/overlay-layers/{layers()[0]['id']}/layer.json", layers()[0])
            write(f"{path}/{config_file}", config)
        write(f"{path}/{changed}", first)
    else:
        write(f"{path}/{layer_file}", layers()[N])
        write(f"{path}/{config_file}", config)
        write(f"{path}/{folder}/images.json", record(N, layers()))
    files = {"image": f"{folder}/images.json", "config": config_file, "layer": layer_file, "changed": changed}
    faults[reader] = f"{path}/{files.get(fault, fault)}"


def isulad_database(reader, with_storage):
    path = f"{FOLDER}/{reader}"
    os.makedirs(path + ("/storage/overlay-images" if with_storage else ""), exist_ok=True)
    faults[reader] = f"{path}/sqlite.db"
    return f"{path}/sqlite.db"


def add_row(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("CREATE TABLE IF NOT EXISTS image_info (size REAL, config_digest TEXT)")
    database.execute("CREATE TABLE IF NOT EXISTS image_names (image_name TEXT, image_rowid INTEGER)")
    database.execute("INSERT INTO image_info VALUES (5, ?)", ["sha256:" + sha(b"row %d" % N)])
    database.close()


def embedded(reader, fault):
    path = f"{FOLDER}/{reader}"
    # The one image that changes gets another name each time.
    name, tag = ("embedded-0", N) if fault == "changed" else (f"image-{N}", 1)
    layer = b"layer %d" % N
    manifest = dump({
        "schemaVersion": 1, "mediaType": "application/embedded.manifest+json", "imageName": f"{name}:{tag}",
        "created": "2024-04-02T14:17:46Z", "config": {},
        "layers": [
            {"mediaType": "application/bind.image.rootfs.diff.dir", "pathInHost": "/", "size": 1},
            {"mediaType": "application/squashfs.image.rootfs.diff.img", "pathInHost": f"{name}.img", "size": 10,
             "pathInContainer": "/", "digest": "sha256:" + sha(layer)}]})
    write(f"{path}/{name}.img", layer)
    write(f"{path}/{name}.sgn", b"sha256:" + sha(manifest).encode())
    write(f"{path}/{name}.manifest", manifest)
    files = {"signature": f"{name}.sgn", "layer": f"{name}.img", "folder": ""}
    faults[reader] = f"{path}/{files.get(fault, f'{name}.manifest')}".rstrip("/")


def archive(reader):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        configs = [image(n)[0] for n in range(N + 1)]
        for config in configs:
            add(sha(config) + ".json", config)
        add("manifest.json", dump(
            [{"Config": sha(c) + ".json", "RepoTags": [f"image-{n}:1"], "Layers": []} for n, c in enumerate(configs)]))
    write(f"{FOLDER}/{reader}", buffer.getvalue())
    faults[reader] = f"{FOLDER}/{reader}"


for fault in "index.json", "oci-layout", "blobs", "manifest", "config":
    oci(f"oci-{fault}", fault)
for name, fault in [
    ("images", "overlay-images/images.json"), ("layers", "overlay-layers/layers.json"), ("folder", "overlay-images"),
    ("manifest", "manifest"), ("config", "config"),
]:
    containers_storage(f"containers-{name}", fault)
for name, fault in [
    ("storage", "storage"), ("folder", "storage/overlay-images"), ("layers", "storage/overlay-layers"),
    ("image", "image"), ("config", "config"), ("layer", "layer"), ("changed", "changed"),
]:
    isulad(f"isulad-{name}", fault)
for fault in "manifest", "signature", "layer", "changed", "folder":
    embedded(f"embedded-{fault}", fault)
archive("archive.tar")
databases = [isulad_database("isulad-database", True), isulad_database("isulad-alone", False)]

if len(sys.argv) > 3:
    with open(sys.argv[3] + ".new", "w") as control:
        control.write("\n".join([f"{sys.argv[4]} {sys.argv[5]}", *faults.values(), ""]))
    os.rename(sys.argv[3] + ".new", sys.argv[3])
for path, data in writes:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)
for path in databases:
    add_row(path)
