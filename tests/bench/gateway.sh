#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures the gateway beside nginx doing the comparable job (limit_req, keep-alive upstream, one
# worker) in the same seconds, with the same upstream and the same load: CPU time per proxied
# request, added latency at one connection, peak memory. nginx keeps no log, so the ledger is off;
# what it costs on top is measured last.
# Usage: ./dev bench gateway [PAIRS [SECONDS]]   (default 7 pairs of 4 seconds)
set -eu

build=$1
pairs=${2:-7}
seconds=${3:-4}
sluicectl=$build/app/ctl/sluicectl
nginx=$(command -v nginx || echo /usr/sbin/nginx)
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench.XXXXXX")
ticks=$(getconf CLK_TCK)
target=2.2
sluice_pid=""

stop() {
    [ -z "$sluice_pid" ] || kill "$sluice_pid" 2>/dev/null || true
    for pid in "$work"/*/nginx.pid; do
        [ ! -s "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM PIPE

die() {
    echo "bench: $*" >&2
    exit 1
}

# --- the two nginx -----------------------------------------------------------------------------

# nginx_config NAME PORT: the configuration on standard output.
nginx_config() {
    cat <<CONF
worker_processes 1;
pid $work/$1/nginx.pid;
error_log $work/$1/error.log;
daemon on;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    client_body_temp_path $work/$1/body;
    proxy_temp_path $work/$1/proxy;
    fastcgi_temp_path $work/$1/fastcgi;
    uwsgi_temp_path $work/$1/uwsgi;
    scgi_temp_path $work/$1/scgi;
CONF
    "nginx_$1" "$2"
    echo "}"
}

nginx_upstream() {
    cat <<CONF
    server {
        listen 127.0.0.1:$1;
        default_type application/json;
        location / { return 200 '$answer'; }
    }
CONF
}

nginx_proxy() {
    cat <<CONF
    limit_req_zone \$http_authorization zone=keys:10m rate=1000000r/s;
    upstream provider {
        server 127.0.0.1:$upstream_port;
        keepalive 256;
        keepalive_requests 1000000000;
    }
    server {
        listen 127.0.0.1:$1;
        location / {
            limit_req zone=keys burst=1000000 nodelay;
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
CONF
}

answer='{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"A sluice is a channel whose gate controls how much water passes, and when, so that nobody downstream is flooded and nobody runs dry."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":21,"completion_tokens":29,"total_tokens":50}}'

# start_nginx NAME: starts it on a free port and prints the port. nginx cannot pick one itself.
start_nginx() {
    mkdir -p "$work/$1"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
        nginx_config "$1" "$port" >"$work/$1/nginx.conf"
        if "$nginx" -p "$work/$1" -c "$work/$1/nginx.conf" 2>"$work/$1/start.log"; then
            echo "$port"
            return 0
        fi
    done
    cat "$work/$1/start.log" >&2
    die "nginx ($1) does not start"
}

worker_of() {
    cat "/proc/$(cat "$work/$1/nginx.pid")/task/"*/children | awk '{print $1}'
}

# --- the gateway -------------------------------------------------------------------------------

# start_sluice RECORDING
start_sluice() {
    key=sk-sluice-bench
    hash=$(printf 'Bearer %s' "$key" | sha256sum | cut -d' ' -f1)
    cat >"$work/gateway.yaml" <<YAML
server: {address: 127.0.0.1, port: 0}
helicone: {features: auth}
api-keys:
  - {name: bench, hash: "sha256:$hash"}
providers:
  openai: {base-url: "http://127.0.0.1:$upstream_port"}
rate-limit-store: in-memory
recording: {enabled: $1}
global:
  rate-limit:
    per-api-key: {capacity: 1000000000, refill-frequency: 1s}
    per-end-user: {capacity: 1000000000, refill-frequency: 1s}
    per-property:
      tenant: {capacity: 1000000000, refill-frequency: 1s}
YAML
    : >"$work/sluice.out" # not the port of the last one, and not a missing file
    OPENAI_API_KEY=sk-upstream "$sluicectl" serve --config "$work/gateway.yaml" --data-dir "$work/data" \
        >"$work/sluice.out" 2>"$work/sluice.err" &
    sluice_pid=$!
    for _ in $(seq 100); do
        sluice_port=$(sed -n 's|.*listening on http://127\.0\.0\.1:\([0-9]*\).*|\1|p' \
            "$work/sluice.out")
        [ -z "$sluice_port" ] || return 0
        kill -0 "$sluice_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/sluice.err" >&2
    die "sluicectl serve does not start"
}

# --- the load ----------------------------------------------------------------------------------

write_load() {
    cat >"$work/load.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-sluice-bench"
wrk.headers["Helicone-User-Id"] = "alice"
wrk.headers["Helicone-Property-Tenant"] = "acme"
wrk.body = '{"model":"gpt-4o-mini","messages":[{"role":"system","content":"Be brief."},' ..
    '{"role":"user","content":"What is a sluice?"}],"max_tokens":64}'
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("RESULT %d %d %d\n", summary.requests,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50)))
end
LUA
}

# load PORT CONNECTIONS SECONDS: prints "requests failures median-microseconds".
load() {
    wrk -t1 "-c$2" "-d${3}s" -s "$work/load.lua" \
        "http://127.0.0.1:$1/openai/v1/chat/completions" >"$work/wrk.out" 2>&1 || {
        cat "$work/wrk.out" >&2
        die "wrk failed"
    }
    sed -n 's/^RESULT //p' "$work/wrk.out"
}

# User and system time of a process in clock ticks; the name in field 2 may hold spaces.
cpu_of() {
    sed 's/^.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

# cost PORT PID: CPU microseconds per request under 64 connections.
cost() {
    before=$(cpu_of "$2")
    result=$(load "$1" 64 "$seconds")
    after=$(cpu_of "$2")
    echo "$result $before $after" | awk -v ticks="$ticks" '
        $2 > 0 || $1 == 0 { exit 1 }
        { printf "%.3f %d\n", ($5 - $4) / ticks * 1e6 / $1, $1 }' ||
        die "requests failed (requests failures latency): $result"
}

latency() {
    load "$1" 1 2 | awk '$2 > 0 { exit 1 } { print $3 }' || die "requests failed"
}

# Prints "median smallest largest" of the numbers on standard input.
spread() {
    sort -n | awk '{ v[NR] = $1 }
        END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
              printf "%.2f %.2f %.2f\n", m, v[1], v[NR] }'
}

peak_kib() {
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

# --- measuring ---------------------------------------------------------------------------------

measure_cost() {
    echo "CPU per proxied request, 64 connections, $pairs pairs of $seconds s"
    echo "  pair   sluice us   (req/s)    nginx us   (req/s)    ratio"
    for pair in $(seq "$pairs"); do
        # Alternate who goes first, so that a machine that warms up favours nobody.
        if [ $((pair % 2)) = 1 ]; then
            ours=$(cost "$sluice_port" "$sluice_pid")
            theirs=$(cost "$proxy_port" "$proxy_pid")
        else
            theirs=$(cost "$proxy_port" "$proxy_pid")
            ours=$(cost "$sluice_port" "$sluice_pid")
        fi
        echo "$ours $theirs" | awk -v pair="$pair" -v s="$seconds" -v out="$work/ratios" '
            { printf "  %4d   %9.2f  %8d   %9.2f  %8d   %6.2f\n",
                  pair, $1, $2 / s, $3, $4 / s, $1 / $3
              printf "%.4f\n", $1 / $3 >> out }'
    done
    spread <"$work/ratios" | awk -v target="$target" '
        { printf "  median ratio %s (range %s to %s), target at most %s: %s\n", $1, $2, $3, target,
              $1 <= target ? "met" : "MISSED" }'
}

measure_latency() {
    echo "Median latency at one connection, 5 alternating runs of 2 s (us)"
    for _ in 1 2 3 4 5; do
        latency "$upstream_port" >>"$work/direct"
        latency "$proxy_port" >>"$work/nginx"
        latency "$sluice_port" >>"$work/sluice"
    done
    direct=$(spread <"$work/direct" | cut -d' ' -f1)
    for name in nginx sluice; do
        spread <"$work/$name" | awk -v name="$name" -v direct="$direct" '
            { printf "  %-6s %8.0f   added %6.0f\n", name, $1, $1 - direct }'
    done
    echo "  direct $(printf '%8.0f' "$direct")"
    echo "$(spread <"$work/sluice") $(spread <"$work/nginx")" | awk -v direct="$direct" '
        { printf "  added latency beside nginx: %.2f times\n", ($1 - direct) / ($4 - direct) }'
}

measure_recording() {
    before=$(cost "$sluice_port" "$sluice_pid")
    kill "$sluice_pid"
    wait "$sluice_pid" 2>/dev/null || true
    start_sluice true
    load "$sluice_port" 64 1 >/dev/null
    echo "$before $(cost "$sluice_port" "$sluice_pid")" | awk '
        { printf "CPU per request with the ledger: %.2f us, %.2f times %.2f us without\n",
              $3, $3 / $1, $1 }'
}

[ -x "$sluicectl" ] || die "$sluicectl is not built"
write_load
upstream_port=$(start_nginx upstream)
proxy_port=$(start_nginx proxy)
proxy_pid=$(worker_of proxy)
start_sluice false

# Warm up: connections, caches, the pool of curl handles.
load "$sluice_port" 64 1 >/dev/null
load "$proxy_port" 64 1 >/dev/null

measure_cost
measure_latency
echo "Peak memory"
echo "  sluice $(peak_kib "$sluice_pid") KiB, nginx worker $(peak_kib "$proxy_pid") KiB"
measure_recording
