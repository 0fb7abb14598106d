#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures what each counter store costs: the same gateway, limits, upstream and load with counters
# in memory, in the SQLite journal (normal and strict), in Redis and in PostgreSQL, one after the
# other in each round. Three limits decide each request. Servers are started here, on free ports,
# with their usual durability.
# Usage: ./dev bench stores [ROUNDS [SECONDS]]   (default 5 rounds of 3 seconds)
set -eu

build=$1
rounds=${2:-5}
seconds=${3:-3}
# Buckets that are full again at once would leave nothing to keep.
capacity=10000000
refill=24h
. "$(dirname "$0")/benchkit.sh"

free_port() {
    echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

start_redis() {
    redis_port=$(free_port)
    mkdir "$work/redis"
    redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$work/redis" --appendonly yes \
        >"$work/redis.log" 2>&1 &
    more_pids="$more_pids $!"
}

# PostgreSQL does not run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

start_postgres() {
    postgres_port=$(free_port)
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
    mkdir "$work/postgres"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$work"
        chown postgres "$work/postgres"
    fi
    as_postgres "$bin/initdb" -D "$work/postgres/data" -U sluice -A trust >"$work/initdb.log" 2>&1
    as_postgres "$bin/postgres" -D "$work/postgres/data" -p "$postgres_port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$work/postgres" >"$work/postgres.log" 2>&1 &
    more_pids="$more_pids $!"
    for _ in $(seq 100); do
        "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port" && return 0
        sleep 0.1
    done
    cat "$work/postgres.log" >&2
    die "PostgreSQL does not start"
}

store_of() {
    case $1 in
    memory) echo "rate-limit-store: in-memory" ;;
    journal) echo "rate-limit-store: database" ;;
    strict) echo "rate-limit-store: {type: database, durability: strict}" ;;
    redis) echo "rate-limit-store: {host-url: 'redis://127.0.0.1:$redis_port'}" ;;
    postgres) echo "rate-limit-store: {url: 'postgresql://sluice@127.0.0.1:$postgres_port/postgres'}" ;;
    esac
}

# measure NAME: one round of one store.
measure() {
    rm -rf "$work/data"
    start_sluice "$(store_of "$1")
recording: {enabled: false}"
    load "$sluice_port" 64 1 >/dev/null
    latency "$sluice_port" >>"$work/$1.latency"
    before=$(cpu_of "$sluice_pid")
    result=$(load "$sluice_port" 64 "$seconds")
    after=$(cpu_of "$sluice_pid")
    echo "$result $before $after" | awk -v s="$seconds" -v ticks="$ticks" -v out="$work/$1" '
        $2 > 0 || $1 == 0 { exit 1 }
        { print $1 / s >> (out ".rate"); print ($5 - $4) / ticks * 1e6 / $1 >> (out ".cpu") }' ||
        die "requests failed with $1 (requests failures latency): $result"
    stop_sluice
}

median() {
    spread <"$work/$1" | cut -d' ' -f1
}

[ -x "$sluicectl" ] || die "$sluicectl is not built"
write_load
upstream_port=$(start_nginx upstream)
start_redis
start_postgres
stores="memory journal strict redis postgres"
for _ in $(seq "$rounds"); do
    for store in $stores; do
        measure "$store"
    done
done

echo "Counter stores, three limits a request, medians of $rounds rounds"
echo "  store      decisions/s   (memory = 1)   added latency us   CPU us/request (memory = 1)"
for store in $stores; do
    echo "$store $(median "$store.rate") $(median memory.rate) $(median "$store.latency")" \
        "$(median memory.latency) $(median "$store.cpu") $(median memory.cpu)" | awk '
        { printf "  %-9s %12.0f   %12.2f   %16.0f   %14.2f %12.2f\n",
              $1, $2, $2 / $3, $4 - $5, $6, $6 / $7 }'
done
echo "  64 connections; latency: median at one connection, less that of memory"
