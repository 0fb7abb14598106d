#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the official openai and anthropic Python packages, and curl, against `sluicectl serve` in
# front of `sluicectl mock`. Exit status 77: skipped, because Python or its package index is absent.
# Usage: clients.sh SLUICECTL BUILD_DIRECTORY
set -eu

sluicectl=$1
build=$2
here=$(cd "$(dirname "$0")" && pwd)
venv=$build/clients-venv
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-clients.XXXXXX")
pids=""

stop() {
    status=$?
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    if [ "$status" != 0 ] && [ "$status" != 77 ]; then
        for log in "$work"/*.out "$work"/*.err; do
            [ ! -s "$log" ] || {
                echo "--- $(basename "$log")"
                tail -n 40 "$log"
            }
        done
    fi
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM

skip() {
    echo "SKIP: official clients: $*"
    exit 77
}

# --- the packages ------------------------------------------------------------------------------

command -v curl >/dev/null 2>&1 || skip "curl is not installed"
command -v python3 >/dev/null 2>&1 || skip "python3 is not installed"
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >"$work/venv.log" 2>&1 || skip "python3-venv is not installed"
    "$venv/bin/pip" install --quiet --no-input --disable-pip-version-check \
        -r "$here/requirements.txt" >"$work/pip.log" 2>&1 || {
        cat "$work/pip.log"
        skip "the package index cannot be reached, or lacks the pinned versions"
    }
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

# --- the servers -------------------------------------------------------------------------------

# address_of NAME PID: waits until the program says where it listens.
address_of() {
    for _ in $(seq 100); do
        address=$(sed -n 's|.*\(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$work/$1.out" | head -n 1)
        [ -z "$address" ] || {
            echo "$address"
            return 0
        }
        kill -0 "$2" 2>/dev/null || break
        sleep 0.1
    done
    echo "$1 does not start" >&2
    return 1
}

hash_of() {
    printf 'Bearer %s' "$1" | sha256sum | cut -d' ' -f1
}

"$sluicectl" mock --listen 127.0.0.1:0 --seed 7 >"$work/mock.out" 2>"$work/mock.err" &
mock_pid=$!
pids=$mock_pid
mock=$(address_of mock "$mock_pid")

cat >"$work/gateway.yaml" <<YAML
server: {address: 127.0.0.1, port: 0}
helicone: {features: auth}
api-keys:
  - {name: ci, hash: "sha256:$(hash_of sk-sluice-ci)"}
providers:
  openai: {base-url: "$mock"}
  anthropic: {base-url: "$mock"}
rate-limit-store: in-memory
global:
  rate-limit:
    per-end-user: {capacity: 3, refill-frequency: 1h}   # each check acts for a user of its own
routers:
  default:
    load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: 1}]}}
  claude:
    load-balance: {chat: {strategy: weighted, providers: [{provider: anthropic, weight: 1}]}}
YAML
OPENAI_API_KEY=sk-upstream ANTHROPIC_API_KEY=sk-upstream "$sluicectl" serve \
    --config "$work/gateway.yaml" \
    >"$work/serve.out" 2>"$work/serve.err" &
serve_pid=$!
pids="$pids $serve_pid"
gateway=$(address_of serve "$serve_pid")

# --- curl --------------------------------------------------------------------------------------

# request USER PATH [CURL OPTION...]: the status, with headers and body in files.
request() {
    user=$1
    path=$2
    shift 2
    curl -sS --noproxy "*" -m 20 -o "$work/body" -D "$work/head" -w '%{http_code}' \
        -H "Helicone-User-Id: $user" -H 'Content-Type: application/json' "$@" "$gateway$path"
}

expect() {
    [ "$2" = "$3" ] || {
        echo "FAIL: curl: $1: expected $2, got $3"
        cat "$work/head" "$work/body"
        exit 1
    }
    echo "ok: curl: $1"
}

chat='{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'
auth='Authorization: Bearer sk-sluice-ci'
expect health 200 "$(request curl /health)"
for turn in 1 2 3; do
    expect "chat $turn" 200 "$(request curl /openai/v1/chat/completions -H "$auth" -d "$chat")"
done
grep -qi '^helicone-id: ' "$work/head" || expect "helicone-id" present absent
expect "fourth chat of three" 429 \
    "$(request curl /openai/v1/chat/completions -H "$auth" -d "$chat")"
grep -qi '^retry-after: [1-9]' "$work/head" || expect "Retry-After" present absent
expect "wrong key" 401 \
    "$(request curl2 /openai/v1/chat/completions -H 'Authorization: Bearer no' -d "$chat")"
streamed='{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hello"}]}'
expect "stream" 200 "$(request curl3 /v1/chat/completions -N -H "$auth" -d "$streamed")"
grep -q '^data: \[DONE\]' "$work/body" || expect "end of the stream" '[DONE]' "nothing"

# --- the packages' own checks --------------------------------------------------------------------

env -u http_proxy -u https_proxy -u all_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY \
    "$venv/bin/python" -W ignore::DeprecationWarning "$here/checks.py" "$gateway" sk-sluice-ci
