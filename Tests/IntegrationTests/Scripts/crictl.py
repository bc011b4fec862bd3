"""Makes the calls that crictl was seen to make for its commands, and prints what they are for.

crictl.py [--runtime-endpoint unix://SOCKET] [--image-endpoint unix://SOCKET] COMMAND [ARGUMENT]

images [-q] [NAME], inspecti IMAGE, version, info, imagefsinfo, rmi IMAGE. An error of a call ends it, as it does crictl.
"""

import argparse
import json
import sys

import grpc
from google.protobuf import json_format

import cri_messages
from cri_messages import cri

parser = argparse.ArgumentParser()
parser.add_argument("--runtime-endpoint")
parser.add_argument("--image-endpoint")
parser.add_argument("-q", "--quiet", action="store_true")
parser.add_argument("command")
parser.add_argument("argument", nargs="?", default="")
options = parser.parse_args()
endpoint = (options.image_endpoint or options.runtime_endpoint).replace("unix://", "unix:")
channel = grpc.insecure_channel(endpoint)


def call(name, **fields):
    reply = cri_messages.call(channel, name)(cri_messages.CALLS[name][1](**fields), timeout=10)
    return reply


def need(condition, what):
    if not condition:
        sys.exit(f"crictl: {what}")


def named(argument):
    return cri.ImageSpec(image=argument, user_specified_image=argument)


def status_of(argument, verbose=False):
    call("ImageFsInfo")
    found = call("ImageStatus", image=named(argument), verbose=verbose)
    need(found.HasField("image"), f'no such image "{argument}" present')
    return found


def images():
    call("ImageFsInfo")
    found = call("ListImages", filter=cri.ImageFilter(image=cri.ImageSpec(image=options.argument))).images
    if options.quiet:
        print(*(image.id for image in found), sep="\n")
        return
    print("IMAGE TAG IMAGE-ID SIZE")
    for image in found:
        need(image.id.startswith("sha256:"), f"an id is {image.id}")
        for tagged in image.repo_tags or ["<none>:<none>"]:
            print(*tagged.rsplit(":", 1), image.id[7:20], image.size)


def inspecti():
    found = status_of(options.argument, verbose=True)
    print(json.dumps(json_format.MessageToDict(found)))
    for text in found.info.values():
        json.loads(text)


def version():
    for asked in ("", "v1"):
        reply = call("Version", version=asked)
        need(reply.version and reply.runtime_name and reply.runtime_version, f"no version: {reply}")
        need(reply.runtime_api_version == "v1", f"it speaks {reply.runtime_api_version}")
    print(reply.runtime_name, reply.runtime_version)


def info():
    call("Version")
    reply = call("Status", verbose=True)
    conditions = {condition.type: condition.status for condition in reply.status.conditions}
    need({"RuntimeReady", "NetworkReady"} <= set(conditions), f"the conditions are {conditions}")
    print(json.dumps(conditions))


def imagefsinfo():
    for _ in range(2):
        reply = call("ImageFsInfo")
    for usage in reply.image_filesystems:
        need(usage.timestamp > 0, "no timestamp")
        print(usage.fs_id.mountpoint, usage.used_bytes.value)


def rmi():
    status_of(options.argument)
    call("RemoveImage", image=named(options.argument))


COMMANDS = {"images": images, "inspecti": inspecti, "version": version, "info": info, "imagefsinfo": imagefsinfo, "rmi": rmi}
try:
    COMMANDS[options.command]()
except grpc.RpcError as error:
    sys.exit(f"crictl: {error.code().name}: {error.details()}")
