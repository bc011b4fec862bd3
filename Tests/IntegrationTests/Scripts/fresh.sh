#!/usr/bin/env bash
# fresh.sh TARGET…: makes these targets in a root that debootstrap makes, where there is nothing but make, what Swift's
# toolchain needs (SWIFT_PACKAGES), that toolchain, and a copy of this folder without what git ignores. As root.
# A machine that reaches its package registries in a way of its own names in FRESH_MOUNTS what the root needs of it, files
# and folders, that are to be there at the same places.
set -euo pipefail
cd "$(dirname "$0")/../../.."

root=$PWD/.build-fresh
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")

rm -rf --one-file-system "$root"
mkdir -p "$root"
said=$(debootstrap --variant=minbase --include="make,${SWIFT_PACKAGES// /,}" bookworm "$root" 2>&1) || {
  tail <<< "$said" >&2
  exit 1
}
mkdir -p "$root/source" "$root/opt/swift"
git ls-files -z --cached --others --exclude-standard --deduplicate | tar --create --null --files-from - \
  --ignore-failed-read | tar --extract --directory "$root/source"
cp /etc/resolv.conf "$root/etc"

# The mounts and the processes go with this shell, however it ends.
export root toolchain
exec unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
  mount --bind "$root" "$root"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount --bind -o ro "$toolchain" "$root/opt/swift"
  for path in ${FRESH_MOUNTS:-}; do
    [ ! -d "$path" ] || mkdir -p "$root$path"
    [ -d "$path" ] || { mkdir -p "$root$(dirname "$path")" && touch "$root$path"; }
    mount --bind -o ro "$path" "$root$path"
  done
  cd "$root"
  pivot_root . mnt
  umount --lazy /mnt
  cd /source
  exec env --ignore-environment HOME=/root PATH=/opt/swift/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin make "$@"
' fresh "$@"
