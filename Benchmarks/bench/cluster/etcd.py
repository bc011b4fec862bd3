"""A member of etcd, and what it is asked over gRPC."""

import shutil
import tempfile
import types
import typing

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from ..machine import ROOT, SCRATCH, first_match, output
from ..question import Failure
from ..server import Server, free_tcp_endpoint

QUOTA = 8 << 30
MAX_OPERATIONS = 128  # of a transaction, etcd's default
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

METHODS = {
    "Range": "KV",
    "Put": "KV",
    "Txn": "KV",
    "LeaseGrant": "Lease",
    "LeaseKeepAlive": "Lease",
    "LeaseTimeToLive": "Lease",
}


def read_messages():
    """The classes of etcd's messages, from the project's own definition of them."""
    folder = ROOT / "Sources" / "EtcdProtocol"
    with tempfile.NamedTemporaryFile() as file:
        if protoc.main(["protoc", f"--proto_path={folder}", f"--descriptor_set_out={file.name}", "etcd.proto"]):
            raise Failure("etcd.proto is not understood")
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    classes = message_factory.GetMessages(files.file, descriptor_pool.DescriptorPool())
    return types.SimpleNamespace(**{name.rpartition(".")[2]: of for name, of in classes.items()})


MESSAGES = read_messages()


def path(method):
    return f"/etcdserverpb.{METHODS[method]}/{method}"


def end_of_prefix(prefix):
    return prefix[:-1] + bytes([prefix[-1] + 1])


class State(typing.NamedTuple):
    """Of a key: the revision in which it was made, and how often it was written since."""

    created: int
    version: int

    def writes_since(self, other):
        return self.version - (other.version if self.created == other.created else 0)


class Etcd(Server):
    """A cluster of one member, in a temporary folder; `kill` and `start_again` are an outage."""

    name = "etcd"

    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="bench-etcd-", dir=SCRATCH)
        self.peer = free_tcp_endpoint()
        self.port = int(self.endpoint.rpartition(":")[2])
        self.channel = None

    @staticmethod
    def version():
        return first_match(r"etcd Version: (\S+)", output("etcd", "--version"))

    def command(self):
        client, peer = (endpoint.replace("tcp", "http") for endpoint in (self.endpoint, self.peer))
        command = ["etcd", "--data-dir", self.folder, "--log-level", "error", "--quota-backend-bytes", QUOTA]
        command += ["--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer]
        return [*command, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]

    def prepare(self):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=UNLIMITED)
        self.wait_for(self.try_once)

    def try_once(self):
        try:
            return self.revision()
        except grpc.RpcError:
            return None

    def __exit__(self, *failure):
        self.channel.close()
        try:
            super().__exit__(*failure)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_again(self):
        """After `kill`, with what it has on disk."""
        self.channel.close()
        self.__enter__()

    def call(self, method, request):
        of = MESSAGES.LeaseGrantResponse if method == "LeaseGrant" else getattr(MESSAGES, f"{method}Response")
        ask = self.channel.unary_unary(
            path(method),
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=of.FromString,
        )
        return ask(request, timeout=120)

    def put(self, pairs):
        """Puts keys with their values and leases, many in a transaction."""
        operations = [
            MESSAGES.RequestOp(request_put=MESSAGES.PutRequest(key=key, value=value, lease=lease))
            for key, value, lease in pairs
        ]
        for start in range(0, len(operations), MAX_OPERATIONS):
            self.call("Txn", MESSAGES.TxnRequest(success=operations[start : start + MAX_OPERATIONS]))

    def range(self, prefix, **options):
        request = MESSAGES.RangeRequest(key=prefix, range_end=end_of_prefix(prefix), **options)
        return self.call("Range", request)

    def revision(self):
        return self.call("Range", MESSAGES.RangeRequest(key=b"/", keys_only=True)).header.revision

    def grant(self, seconds):
        return self.call("LeaseGrant", MESSAGES.LeaseGrantRequest(TTL=seconds)).ID

    def states(self, prefix):
        """How each key below a prefix was written."""
        return {pair.key: State(pair.create_revision, pair.version) for pair in self.range(prefix, keys_only=True).kvs}
