"""What documentation.py has to know of the documentation: what is not run and why, and what has to be there for the rest."""

import pathlib
import socket
import sys

HOST = "node-a"
ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
SCRIPTS = pathlib.Path(__file__).parent

# Commands that are not run: a pattern of their beginning, and why.
NOT_RUN = [
    (r"make (run|test)\b", "make test-fresh runs them in a new Debian"),
    (r"make (install|deb|dist)\b", "make test-install runs them, and tries what they make"),
    (r"make build-lean$", "make check and make test-fresh build it"),
    (r"apt-get install ", "needs a network and changes the host; make test-fresh installs them"),
    (r"kubectl get node ", "needs a cluster of Kubernetes"),
    (r"(waybill images --node node-a -o json \| jq .*> listed|comm -23 kubelet listed)$", "compares with what kubectl says"),
    (r"(node|control plane): .*──►", "a drawing"),
]


# Options that the text names and that are not of waybill's: etcd's, and those of etcdctl, crictl and ss.
OPTIONS = {"--auto-compaction-mode", "--auto-compaction-retention", "--client-cert-auth", "--max-request-bytes"}
OPTIONS |= {"--max-txn-ops", "--quota-backend-bytes", "--prefix", "--write-out", "--image-endpoint", "--tcp"}

# Stages: what is there before a section.


def images(run):
    run.shell("cp -r Examples/sample-layout /srv/images")


def worker(run):
    run.start("waybill worker oci:Examples/sample-layout")


def containerd(run):
    """containerd at its usual socket, with the sample."""
    configuration = run.write(
        run.scratch / "containerd.toml",
        f'version = 2\nroot = "{run.scratch}/containerd"\nstate = "/run/containerd"\n',
    )
    run.start(f"containerd --config {configuration}")
    run.shell(f"tar --create --file {run.scratch}/sample.tar --directory Examples/sample-layout .")
    run.wait_for("ctr --namespace k8s.io version")
    run.shell(f"ctr --namespace k8s.io images import --no-unpack {run.scratch}/sample.tar")


def runtimes(run):
    containerd(run)
    run.shell(f"{sys.executable} {SCRIPTS}/embedded_store.py /srv/embedded")


def etcd(run, options=""):
    """A member of etcd, by all addresses that the documentation has."""
    clients = ",".join(f"http://{address}:2379" for address in ["127.0.0.1", *ADDRESSES])
    run.shell(f"rm -rf {run.scratch}/etcd")
    run.start(
        f"etcd --data-dir {run.scratch}/etcd --log-level error --listen-client-urls {clients} --advertise-client-urls"
        f" http://127.0.0.1:2379 {options}"
    )
    run.wait_for("etcdctl endpoint health")


def cluster_of_readme(run):
    containerd(run)
    etcd(run)
    socket.sethostname("node-17")


def second_node(run):
    """A node beside this host, which has one image of the sample."""
    containerd(run)
    etcd(run)
    name = "example.org/demo/worker:2.3"
    run.shell(f"skopeo --insecure-policy copy --quiet oci:Examples/sample-layout:{name} oci:{run.scratch}/other:{name}")
    run.start(f"waybill publish oci:{run.scratch}/other --to etcd:127.0.0.1:2379 --node node-b")


def secure_etcd(run):
    """A member of etcd that asks for certificates, by which etcdctl is root."""
    run.shell("compose/make-certificates certificates")
    here = f"{run.folder}/certificates"
    files = f"{here}/etcd/etcd"
    run.start(
        f"etcd --data-dir {run.scratch}/secure --log-level error --listen-client-urls https://127.0.0.1:2379"
        f" --advertise-client-urls https://127.0.0.1:2379 --client-cert-auth"
        f" --trusted-ca-file {here}/authority/authority.pem --cert-file {files}.pem --key-file {files}-key.pem"
    )
    run.shell(
        f"export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT={here}/authority/authority.pem"
        f" ETCDCTL_CERT={here}/root/root.pem ETCDCTL_KEY={here}/root/root-key.pem"
    )
    run.wait_for("etcdctl endpoint health")


def full_etcd(run):
    run.shell("unset ${!ETCDCTL_*}; export ETCDCTL_API=3")
    etcd(run, "--quota-backend-bytes 4194304")
    run.shell("until head -c 1000000 /dev/zero | tr '\\0' x | etcdctl put key 2>&1 | grep --quiet exceeded; do :; done")


STAGES = {
    ("README.md", "Try it"): images,
    ("README.md", "Ask from any language"): worker,
    ("README.md", "With Kubernetes' runtimes"): runtimes,
    ("README.md", "A cluster"): cluster_of_readme,
    ("docs/cluster.md", "Set it up"): second_node,
    ("docs/cluster.md", "Who may do what"): secure_etcd,
    ("docs/cluster.md", "etcd is full"): full_etcd,
    ("docs/crictl.md", "What becomes what"): containerd,
    ("docs/keys.md", "The folders"): images,
}

# Sections in which the services of the one before go on.
CONTINUES = {
    ("docs/crictl.md", "Compare them"),
    ("docs/cluster.md", "Ask"),
    ("docs/cluster.md", "What is in etcd"),
    ("docs/keys.md", "The broker's key"),
    ("docs/keys.md", "A worker's key"),
    ("docs/keys.md", "A client's key"),
}


# What stands in for commands that need more than a host: a pattern of their beginning, and what is done instead.


ASK_WITH_KEYS = "waybill images --server-key keys/servers --curve-key keys/client/client.key_secret"


def pool_of_compose(run):
    """The services of compose.yaml and compose.curve.yaml, without containers."""
    run.start(
        "waybill broker --frontend 'tcp://*:5555' --backend 'tcp://*:5556' --curve-key keys/broker/broker.key_secret"
        " --authorized-keys keys/clients --authorized-workers keys/workers"
    )
    run.start(
        "waybill worker oci:/srv/images --broker tcp://broker:5556 --server-key keys/servers"
        " --curve-key keys/worker/worker.key_secret"
    )


def restart(run):
    """Starts all of the pool again, as each has read its key once."""
    run.end_services()
    pool_of_compose(run)
    run.wait_for(ASK_WITH_KEYS)


INSTEAD = [
    (r"docker compose .* up --detach$", pool_of_compose),
    (r"docker compose .* restart broker$", restart),
    (r"docker restart waybill-worker-1$", restart),
]

# What the output of commands has that show none: the file, a part of the command, and the words.
SHOWS = [
    ("README.md", "waybill images --endpoint ipc:///run/waybill.sock", "example.org/demo/web"),
    ("README.md", "crictl --runtime-endpoint", "test v1"),
    ("README.md", "waybill images --nodes busybox", "node-17"),
    ("README.md", "waybill images --node node-17", "example.org/demo/web"),
    ("README.md", "waybill nodes", "node-17             current"),
    ("README.md", "waybill locality", "node-17"),
    ("README.md", "waybill images --server-key", "docker.io/library/busybox"),
    ("docs/crictl.md", "crictl --runtime-endpoint unix:///run/waybill-cri.sock", "docker.io/library/busybox latest"),
    ("docs/crictl.md", "waybill status --check", "current"),
    ("docs/keys.md", "waybill images --server-key", "docker.io/library/busybox"),
    ("docs/cluster.md", "etcdctl get --prefix", "/waybill/v1/nodes/node-b"),
]



def as_user(name, arguments):
    path = f"$PWD/certificates/{name}/{name}"
    return f"ETCDCTL_CERT={path}.pem ETCDCTL_KEY={path}-key.pem etcdctl {arguments}"


# What is asked at the end of a section, of the services that it started: the file, the section, the command, and words of
# its output.
AFTERWARDS = [
    ("README.md", "Pools", "waybill images", "docker.io/library/busybox"),
    *(("docs/keys.md", section, ASK_WITH_KEYS, "docker.io/library/busybox") for section in
      ("The broker's key", "A worker's key", "A client's key", "Without Compose")),
    *(("docs/cluster.md", "Who may do what", as_user(*asked), words) for *asked, words in (
        ("node-a", "put /waybill/v1/nodes/node-a x", "OK"),
        ("node-a", "put /waybill/v1/nodes/node-a2 x 2>&1 || true", "permission denied"),
        ("reader", "get /waybill/v1/nodes/node-a", "x"),
        ("reader", "del /waybill/v1/nodes/node-a 2>&1 || true", "permission denied"),
    )),
    ("docs/cluster.md", "etcd is full", "etcdctl put key value", "OK"),
]

# Python: the file, a part of the block, what comes before and after what is a part of a program, and what is printed.
PYTHON = [
    ("README.md", "sock = zmq.Context()", "", "", "'repo_tags': ['docker.io/library/busybox:latest']"),
    (
        "README.md",
        "import zmq.auth",
        "import zmq\nsock = zmq.Context().socket(zmq.REQ)\nsock.rcvtimeo = 20_000\n",
        'sock.connect("tcp://127.0.0.1:5555")\nsock.send(bytes([0x80]))\nprint(len(sock.recv()), "bytes")\n',
        " bytes",
    ),
]
