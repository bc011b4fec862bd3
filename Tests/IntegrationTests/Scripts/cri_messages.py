"""CRI's messages and calls, from the definition in Sources/CRIProtocol, for the scripts beside."""

import importlib
import pathlib
import sys
import tempfile

from grpc_tools import protoc

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "Sources" / "CRIProtocol"

with tempfile.TemporaryDirectory() as made:
    protoc.main(["protoc", f"--proto_path={FOLDER}", f"--python_out={made}", str(FOLDER / "cri.proto")])
    sys.path.insert(0, made)
    cri = importlib.import_module("cri_pb2")

IMAGES = "/runtime.v1.ImageService/"
RUNTIME = "/runtime.v1.RuntimeService/"

# The path of each call, its request and its reply.
CALLS = {
    "ListImages": (IMAGES, cri.ListImagesRequest, cri.ListImagesResponse),
    "StreamImages": (IMAGES, cri.StreamImagesRequest, cri.StreamImagesResponse),
    "ImageStatus": (IMAGES, cri.ImageStatusRequest, cri.ImageStatusResponse),
    "ImageFsInfo": (IMAGES, cri.ImageFsInfoRequest, cri.ImageFsInfoResponse),
    "PullImage": (IMAGES, cri.ImageStatusRequest, cri.VersionResponse),
    "RemoveImage": (IMAGES, cri.ImageStatusRequest, cri.VersionResponse),
    "Version": (RUNTIME, cri.VersionRequest, cri.VersionResponse),
    "Status": (RUNTIME, cri.StatusRequest, cri.StatusResponse),
    "ListContainers": (RUNTIME, cri.VersionRequest, cri.VersionResponse),
}


def call(channel, name):
    """The method to call: a unary one, or for StreamImages one that gives messages."""
    service, request, reply = CALLS[name]
    make = channel.unary_stream if name.startswith("Stream") else channel.unary_unary
    return make(service + name, request_serializer=request.SerializeToString, response_deserializer=reply.FromString)


def filtered(request, image):
    """A request for a list with a filter, as crictl always sends one."""
    return request(filter=cri.ImageFilter(image=cri.ImageSpec(image=image)))
