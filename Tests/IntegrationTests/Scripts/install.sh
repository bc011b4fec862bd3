#!/usr/bin/env bash
# Installs what `make deb` and `make dist` have made in a new Debian where systemd runs, uses all that comes with it, and
# removes it until nothing is left. As root. Debian's packages are fetched at the start; then there is no network.
set -euo pipefail
cd "$(dirname "$0")/../../.."

version=$(.build/install/bin/waybill --version | cut --delimiter ' ' --fields 1)
package=.build/waybill_$version-1_$(dpkg --print-architecture).deb
tarball=.build/waybill-$version-$(uname --machine).tar.gz
units=(waybill-broker waybill-publish waybill-runtime waybill-worker)
# What the program needs and what asks for it here; the README names the former.
libraries=(libarchive13 libmsgpackc2 libsqlite3-0 libzmq5)
tools=(bash-completion fish man-db procps systemd zsh)

scratch=$PWD/.build-install
root=$scratch/root
rm -rf --one-file-system "$scratch"
mkdir -p "$scratch"
export CONTAINERS_CONF=$scratch/containers.conf
cat > "$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[network]
network_backend = "netavark"
CONF

# Nothing is stored: the container has a folder. Another driver would leave a mount behind.
podman() { command podman --root "$scratch/store" --runroot "$scratch/run" --storage-driver vfs "$@"; }
inside() { podman exec --env HOME=/tmp waybill-install "$@"; }
quietly() { "$@" > "$scratch/said" 2>&1; }
say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# What it said is shown only if it fails.
must() { quietly "$@" || { cat "$scratch/said" >&2; fail "$*"; }; }
must_not() { ! quietly "$@" || fail "it should not be: $*"; }

eventually() { # SECONDS COMMAND…
  local end=$((SECONDS + $1)); shift
  until quietly "$@"; do
    ((SECONDS < end)) || { cat "$scratch/said" >&2; fail "not in time: $*"; }
    sleep 0.2
  done
}

# The new Debian.

make_root() {
  say "a new Debian"
  must debootstrap --variant=minbase --include="$(IFS=,; echo "${tools[*]}")" bookworm "$root"
  cp /etc/resolv.conf "$root/etc"
  cp "$package" "$root/srv/waybill.deb"
  cp "$tarball" "$root/srv/waybill.tar.gz"
  cp --recursive Examples/sample-layout "$root/srv/images"
  must chroot "$root" apt-get update
  must chroot "$root" apt-get install --yes --no-install-recommends --download-only /srv/waybill.deb "${libraries[@]}"
  podman run --detach --name waybill-install --systemd always --privileged --network none --rootfs "$root" \
    /lib/systemd/systemd > /dev/null
  trap 'podman rm --force --time 0 waybill-install > /dev/null' EXIT
  eventually 30 inside systemctl is-active multi-user.target
}

# Every file with its mode and owner, and the contents of /etc; but for what apt, dpkg and ldconfig keep for themselves, and
# the copies that whoever edits the list of users makes.
list_files() {
  podman exec --interactive waybill-install bash -euo pipefail <<'LIST'
find / -xdev \( -path /var/cache -o -path /var/lib/apt -o -path /var/log \) -prune -o \
  ! -path '/var/lib/dpkg/*-old' ! -path '/etc/*-' -printf '%p %M %u:%g\n' | sort
find /etc -xdev -type f ! -name '*-' ! -name ld.so.cache -exec sha256sum {} + | sort --key 2
LIST
}

# What the services do.

drop_in() { # UNIT COMMAND
  inside mkdir -p "/run/systemd/system/$1.service.d"
  printf '[Service]\nExecStart=\nExecStart=%s\n' "$2" |
    podman exec --interactive waybill-install tee "/run/systemd/system/$1.service.d/test.conf" > /dev/null
}
process() { inside systemctl show --property MainPID --value "$1"; }
owner() { inside stat --format "$2" "/proc/$(process "$1")"; }
as_nobody() { inside runuser --user nobody -- "$@"; }
lists_the_sample() { # WAYBILL OPTION…
  [ "$(as_nobody "$1" images --no-trunc "${@:2}")" = "$(as_nobody "$1" images --no-trunc --endpoint tcp://127.0.0.1:5999)" ] &&
    as_nobody "$1" images "${@:2}" | grep '^docker.io/library/busybox '
}

logged() { inside journalctl --unit "$1" --priority "$2..$2" --output cat --grep "$3"; } # UNIT PRIORITY PATTERN

# The worker whose list is the right one.
start_reference() { # WAYBILL
  must inside systemd-run --quiet --unit reference "$1" worker oci:/srv/images --bind tcp://127.0.0.1:5999
}

try_manual() { # OPTION…
  local page
  for page in .build/install/share/man/man1/*.1; do
    page=$(basename "$page" .1)
    [[ $(inside man "$@" "$page") == *"$page"*SYNOPSIS*OPTIONS*"EXIT STATUS"*"SEE ALSO"* ]] ||
      fail "$page has no manual page"
  done
}

try_documentation() {
  say "the documentation, whose links lead to what is there, and its scripts"
  # shellcheck disable=SC2016
  must inside bash -euo pipefail -c '
    cd /usr/share/doc/waybill
    grep --recursive --only-matching --perl-regexp --with-filename --include "*.md" "\]\(\K[^)#:]+(?=[)#])" . |
      while IFS=: read -r page link; do
        case $link in *Benchmarks/* | *Sources/* | *Tests/* | *CHANGELOG.md | *CONTRIBUTING.md) continue ;; esac
        [ -e "$(dirname "$page")/$link" ] || { echo "$page leads to $link"; exit 1; }
      done
    compose/make-keys /etc/waybill
    [ "$(stat --format %U:%G /etc/waybill)" = root:waybill ]
    runuser --user waybill -- cat /etc/waybill/workers/worker.key
    chgrp waybill /etc/waybill/broker/broker.key_secret
    chmod 640 /etc/waybill/broker/broker.key_secret
    compose/make-keys /etc/waybill broker
    runuser --user waybill -- cat /etc/waybill/broker/broker-next.key_secret
    rm -r /etc/waybill/*'
}

try_completions() {
  say "completions of bash, zsh and fish"
  # shellcheck disable=SC2016
  must inside bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader waybill; complete -p waybill'
  # shellcheck disable=SC2016
  [ "$(inside zsh -c 'autoload -U compinit; compinit -D; print $_comps[waybill]')" = _waybill ] || fail "not in zsh"
  inside fish -c 'complete -C "waybill w"' | grep --quiet ^worker || fail "not in fish"
}

try_services() {
  local unit
  say "services are there, and do not run"
  for unit in "${units[@]}"; do
    [ "$(inside systemctl is-enabled "$unit" || true)" = disabled ] || fail "$unit is enabled"
    must_not inside systemctl is-active "$unit"
  done
  must inside bash -c 'systemd-analyze verify /lib/systemd/system/waybill-*.service'
  [ ! -s "$scratch/said" ] || fail "$(cat "$scratch/said")"

  say "a pool with keys, of the user waybill"
  [ "$(inside stat --format %U:%G:%a /etc/waybill)" = root:waybill:750 ] || fail "who may read /etc/waybill"
  (($(inside id --user waybill) < 1000)) || fail "waybill is no system user"
  must inside bash -euc '
    cd /etc/waybill
    waybill keygen broker && waybill keygen worker
    mkdir workers && mv worker.key workers
    chgrp waybill *.key_secret && chmod 640 *.key_secret
    cp broker.key /srv'
  drop_in waybill-broker "waybill broker --curve-key /etc/waybill/broker.key_secret --authorized-keys any \
    --authorized-workers /etc/waybill/workers"
  drop_in waybill-worker "waybill worker oci:/srv/images --broker tcp://127.0.0.1:5556 \
    --curve-key /etc/waybill/worker.key_secret --server-key /etc/waybill/broker.key"
  must inside systemctl daemon-reload
  start_reference waybill
  must inside systemctl enable --now "${units[@]}"
  eventually 20 lists_the_sample waybill --server-key /srv/broker.key
  [ "$(owner waybill-broker %U) $(owner waybill-worker %U)" = "waybill waybill" ] || fail "another user runs them"
  # They have root's group, by which they reach containerd, and no other service is their user.
  for unit in waybill-runtime waybill-publish; do
    [[ $(owner "$unit" %U:%G) != @(root|waybill):* && $(owner "$unit" %G) = waybill ]] || fail "whose $unit is"
  done

  say "the journal has the level as a priority, and its own time alone"
  must inside systemd-run --quiet --unit unread waybill worker oci:/nowhere --bind tcp://127.0.0.1:5998
  eventually 10 logged unread err 'source=oci:/nowhere .*cannot read the source$'
  must logged waybill-worker notice 'joined$'
  must_not inside bash -c "journalctl --unit 'waybill-*' --unit unread --output cat | grep --extended-regexp '^<|[0-9]{4}-[0-9]{2}-'"
  must inside systemctl stop unread

  say "an upgrade starts them again"
  local before; before=$(process waybill-worker)
  must inside dpkg --install /srv/waybill.deb
  [ "$(process waybill-worker)" != "$before" ] || fail "the worker of the older package runs"
  eventually 20 lists_the_sample waybill --server-key /srv/broker.key
  must inside systemctl stop reference
}

try_package() {
  say "the package"
  must lintian --fail-on error,warning "$package"
  list_files > "$scratch/before"
  must inside apt-get install --yes --no-install-recommends /srv/waybill.deb
  must inside bash -c "waybill --version | grep --quiet ', commit $(git rev-parse --short=10 HEAD)$'"
  try_manual
  try_documentation
  try_completions
  try_services

  say "removed, and purged"
  must inside apt-get remove --yes waybill
  must_not inside pgrep waybill
  must_not inside test -e /usr/bin/waybill
  must inside apt-get purge --yes --autoremove waybill
  must_not inside getent passwd waybill
  must_not inside getent group waybill
  inside bash -c 'rm -r /run/systemd/system/waybill-* /srv/broker.key'
  must inside systemctl daemon-reload
  list_files > "$scratch/after"
  diff "$scratch/before" "$scratch/after" || fail "this is left of it"
}

try_tarball() {
  say "the tarball, in /opt"
  must inside apt-get install --yes --no-install-recommends "${libraries[@]}"
  must inside tar --directory /opt --extract --file /srv/waybill.tar.gz
  local folder; folder=/opt/$(basename "$tarball" .tar.gz)
  must inside "$folder/bin/waybill" --version
  must inside env "WAYBILL=$folder/bin/waybill" "$folder/share/doc/waybill/compose/make-keys" /srv/keys
  must inside rm -r /srv/keys
  try_manual --manpath "$folder/share/man"
  start_reference "$folder/bin/waybill"
  # The units name /usr/local/bin.
  must inside ln -s "$folder/bin/waybill" /usr/local/bin
  must inside bash -c "systemctl link $folder/lib/systemd/system/*.service"
  must inside systemctl start waybill-broker waybill-runtime
  drop_in waybill-worker "waybill worker oci:/srv/images --broker tcp://127.0.0.1:5556"
  must inside systemctl daemon-reload
  must inside systemctl start waybill-worker
  eventually 20 lists_the_sample waybill
  [[ $(owner waybill-broker %u) != 0 && $(owner waybill-broker %u) = "$(owner waybill-worker %u)" ]] ||
    fail "whose broker and worker are"
}

make_root
try_package
try_tarball
say "nothing is left, and all of it worked"
