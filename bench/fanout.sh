#!/bin/sh
# Measure event streams: the server alone on core 0, the readers on core 1.
#
# usage: bench/fanout.sh SERVER SUBSCRIBERS EVENTS [FANOUT-OPTIONS]
#
#   SERVER   tidewire, bare (the yardstick), nchan, node or pushpin (peers/)
#   BUILD=DIR where make put tidewired and bench/fanout (build)
#   RATE=R   events a second (0: as fast as they are accepted)
#
# Prints what bench/fanout prints: CPU time of the server per delivery, memory
# per idle subscriber, latency, and whether every stream got every event.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../build}
port=${PORT:-0}
pid=
pids= # what is measured; pid alone where empty
bridge=
more= # options for fanout
dir=$(mktemp -d "${TMPDIR:-/tmp}/fanout.XXXXXX")

die() { printf 'fanout.sh: %s\n' "$*" >&2; exit 1; }

stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	[ -z "$bridge" ] || kill "$bridge" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM

free_port() {
	/usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	die "not ready: $*"
}

json() { /usr/bin/python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }

start_tidewire() {
	taskset -c 0 "$build/tidewired" --listen 127.0.0.1:"$port" \
	    --data "$dir/data" >"$dir/out" 2>"$dir/log" &
	pid=$!
	wait_for grep -q listening "$dir/out"
	base=$(sed 's/.* //' "$dir/out")
	curl -sf "$base/api/jobs" -d '{"name":"load",
	    "heartbeat_timeout_seconds":86400}' >/dev/null
	id=$(curl -sf "$base/api/jobs/load/trigger" -d '{}' |
	    json '["data"]["id"]')
	url="$base/events?types=log"
	publish=$base/api/executions/$id/log
	body='{"message":"%s"}'
}

start_bare() {
	[ "$port" -ne 0 ] || port=$(free_port)
	taskset -c 0 "$build/bench/bare_sse" "$port" &
	pid=$!
	url=http://127.0.0.1:$port/
	publish=$url
	body=%s
	wait_for curl -sf "$url" -d ''
}

start_nchan() {
	[ "$port" -ne 0 ] || port=$(free_port)
	sed "s|@PORT@|$port|; s|@DIR@|$dir|" "$here/peers/nchan.conf" \
	    >"$dir/nginx.conf"
	taskset -c 0 nginx -c "$dir/nginx.conf" -p "$dir" &
	pid=$!
	url=http://127.0.0.1:$port/sub
	publish=http://127.0.0.1:$port/pub
	body=%s
	wait_for curl -sf "http://127.0.0.1:$port/ready"
}

start_node() {
	[ "$port" -ne 0 ] || port=$(free_port)
	taskset -c 0 node "$here/peers/node.js" "$port" &
	pid=$!
	url=http://127.0.0.1:$port/
	publish=$url
	body=%s
	wait_for curl -sf "$url" -d ''
}

start_pushpin() {
	[ "$port" -ne 0 ] || port=$(free_port)
	push=$(free_port)
	tell=$(free_port)
	sed "s|@PORT@|$port|; s|@DIR@|$dir|; s|@PUSH@|$push|" \
	    "$here/peers/pushpin.conf" >"$dir/pushpin.conf"
	echo '* test' >"$dir/routes"
	taskset -c 0 pushpin --config="$dir/pushpin.conf" >"$dir/log" 2>&1 &
	pid=$!
	taskset -c 1 node "$here/peers/pushpin.js" "$tell" "$push" &
	bridge=$!
	more="--burst 16" # it answers 500 to some of 256 at a time
	url="http://127.0.0.1:$port/stream?channel=load"
	publish=http://127.0.0.1:$tell/
	body=%s
	wait_for curl -sf "$publish" -d ''
	wait_for sh -c "curl -sfN -m 1 '$url' | grep -q opened"
	pids="$pid $(pgrep -P "$pid" | tr '\n' ' ')"
}

[ $# -ge 3 ] || { sed -n '2,12p' "$0"; exit 2; }
server=$1 subscribers=$2 events=$3
shift 3
case $server in
tidewire | bare | nchan | node | pushpin) "start_$server" ;;
*) die "unknown server: $server" ;;
esac
printf 'server %s\n' "$server"
# shellcheck disable=SC2046,SC2086 # words
taskset -c 1 "$build/bench/fanout" --url "$url" --publish "$publish" \
    --body "$body" --subscribers "$subscribers" --events "$events" \
    --rate "${RATE:-0}" $(printf -- '--pid %s ' ${pids:-$pid}) $more "$@"
