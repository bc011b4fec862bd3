#!/usr/bin/env python3
"""What a worker in Python comes to: pyzmq and msgpack, with the images in memory and each reply encoded anew."""

import argparse
import pathlib

import msgpack
import zmq


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", required=True, help="where to serve")
    parser.add_argument("--reply", required=True, type=pathlib.Path, help="a whole list, to take the images from")
    arguments = parser.parse_args()

    held = msgpack.unpackb(arguments.reply.read_bytes())
    images, etag = held["images"], held["etag"]
    by_tag = {tag: image for image in images for tag in image["repo_tags"]}

    socket = zmq.Context().socket(zmq.REP)
    socket.bind(arguments.bind)
    while True:
        request = msgpack.unpackb(socket.recv())
        tag = request.get("filter", {}).get("image", {}).get("image")
        found = images if tag is None else [by_tag[tag]] if tag in by_tag else []
        socket.send(msgpack.packb({"images": found, "etag": etag}), copy=False)


if __name__ == "__main__":
    main()
