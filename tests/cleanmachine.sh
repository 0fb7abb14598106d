#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Proves that a clone needs nothing but Debian 12: makes a minimal bookworm in a temporary directory
# (no display, sudo, git or ccache), copies the tracked files into it, and runs `./dev test`, a second
# `./dev test`, and `./dev run` there. Needs root and debootstrap; takes the package sources, proxy
# and certificates of this machine along.
# Usage: tests/cleanmachine.sh [COMMAND...]   a command to run in there instead of the three checks
# Environment: MIRROR (default: the first source of this machine), KEEP=1 keeps the directory.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)}
root=""

say() {
    echo "==> cleanmachine: $*"
}

die() {
    echo "cleanmachine: $*" >&2
    exit 1
}

# Runs in a mount and process namespace of its own, so that nothing stays mounted or running.
if [ "${CLEANMACHINE_INSIDE:-}" != 1 ]; then
    [ "$(id -u)" = 0 ] || die "needs root for the chroot"
    command -v debootstrap >/dev/null 2>&1 || die "debootstrap is not installed"
    CLEANMACHINE_INSIDE=1 exec unshare --mount --pid --fork --kill-child sh "$0" "$@"
fi

clean_up() {
    status=$?
    if [ "${KEEP:-}" = 1 ]; then
        say "kept $root"
    elif [ -n "$root" ]; then
        umount -R "$root/proc" "$root/dev" 2>/dev/null || true
        # Never reach through a mount that is still there.
        rm -rf --one-file-system "$root"
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

root=$(mktemp -d "${TMPDIR:-/tmp}/sluice-machine.XXXXXX")
chmod 755 "$root"
say "a minimal Debian 12 in $root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" \
    >"$root.log" 2>&1 || {
    tail -n 20 "$root.log"
    die "debootstrap failed"
}
rm -f "$root.log"

mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir -p "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"

# Only Debian's own sources: other lists of this machine would need their keys.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [ ! -f "$file" ] || cp "$file" "$root$file"
done
for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy*; do
    [ ! -f "$file" ] || cp "$file" "$root$file"
done
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

mkdir "$root/sluice"
if git -C "$top" rev-parse >/dev/null 2>&1; then
    git -C "$top" ls-files -z | tar -C "$top" --null -T - -cf - | tar -C "$root/sluice" -xf -
else
    tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$root/sluice" -xf -
fi

# inside COMMAND...: with an empty environment, apart from the proxies and certificates.
inside() {
    # shellcheck disable=SC2046 # one word for each variable
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        $(env | grep -iE '^(https?_proxy|no_proxy|PIP_[A-Z_]*|SSL_CERT_FILE)=' |
            grep -v ' ' || true) \
        chroot "$root" sh -c 'cd /sluice && exec "$@"' inside "$@"
}

for tool in sudo git ccache g++ cmake; do
    ! inside sh -c "command -v $tool" >/dev/null || die "$tool is already there: not a clean machine"
done

if [ $# -gt 0 ]; then
    inside "$@"
    exit
fi

started=$(date +%s)
say "./dev test"
inside ./dev test
say "./dev test took $(($(date +%s) - started)) s from nothing"

started=$(date +%s)
say "./dev test once more"
inside ./dev test >"$root/second.log" 2>&1 || {
    tail -n 40 "$root/second.log"
    die "the second ./dev test failed"
}
! grep -q 'installing' "$root/second.log" || die "the second ./dev test installed packages again"
say "the second took $(($(date +%s) - started)) s"

say "./dev run without a display"
inside timeout -s INT 20 ./dev run >"$root/run.log" 2>&1 || true
grep -q 'no display here' "$root/run.log" || die "./dev run did not say that there is no display"
grep -q 'http://127.0.0.1:' "$root/run.log" || {
    cat "$root/run.log"
    die "the demo did not start"
}
tail -n 12 "$root/run.log"
say "passed"
