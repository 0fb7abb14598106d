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
. "$(dirname "$0")/benchkit.sh"
target=2.2

# --- the nginx beside it -----------------------------------------------------------------------

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

worker_of() {
    cat "/proc/$(cat "$work/$1/nginx.pid")/task/"*/children | awk '{print $1}'
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
    stop_sluice
    start_sluice "rate-limit-store: in-memory"
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
start_sluice "rate-limit-store: in-memory
recording: {enabled: false}"

# Warm up: connections, caches, the pool of curl handles.
load "$sluice_port" 64 1 >/dev/null
load "$proxy_port" 64 1 >/dev/null

measure_cost
measure_latency
echo "Peak memory"
echo "  sluice $(peak_kib "$sluice_pid") KiB, nginx worker $(peak_kib "$proxy_pid") KiB"
measure_recording
