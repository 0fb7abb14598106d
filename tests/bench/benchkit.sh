# SPDX-License-Identifier: GPL-3.0-or-later
# What the measurements of whole gateways share: processes, load, statistics. Sourced by them with
# $build set; ends what it started.
sluicectl=$build/app/ctl/sluicectl
nginx=$(command -v nginx || echo /usr/sbin/nginx)
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench.XXXXXX")
ticks=$(getconf CLK_TCK)
sluice_pid=""
more_pids="" # of other servers

stop() {
    for pid in $sluice_pid $more_pids; do
        kill "$pid" 2>/dev/null || true
    done
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

# start_sluice YAML: a gateway in front of the upstream; one key, and what is given.
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
global:
  rate-limit:
    per-api-key: {capacity: ${capacity:-1000000000}, refill-frequency: ${refill:-1s}}
    per-end-user: {capacity: ${capacity:-1000000000}, refill-frequency: ${refill:-1s}}
    per-property:
      tenant: {capacity: ${capacity:-1000000000}, refill-frequency: ${refill:-1s}}
$1
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

stop_sluice() {
    kill "$sluice_pid"
    wait "$sluice_pid" 2>/dev/null || true
    sluice_pid=""
}

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

