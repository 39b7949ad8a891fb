#!/bin/sh
# Measure tidewired beside its yardsticks on this machine, in one run: the
# server on core 0, the load on core 1, everything interleaved in rounds.
# `./dev bench` builds what is needed and calls this; bench/README.md says what
# each line means.
#
# usage: bench/run.sh [--rounds N] [--executions N] [--dir DIR] [--build DIR]
#
#   --rounds N      medians of so many rounds (3)
#   --executions N  how many the large store has (1000000: about 2.4 GB)
#   --dir DIR       where the stores are made: the disk that is measured
#   --build DIR     where make put tidewired and bench/ (build)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build
rounds=3
executions=1000000
dir=
pid=

die() { printf 'bench: %s\n' "$*" >&2; exit 1; }
say() { printf '== %s\n' "$*" >&2; }

while [ $# -gt 0 ]; do
	[ $# -gt 1 ] || die "usage: see the head of $0"
	case $1 in
	--rounds) rounds=$2 ;;
	--executions) executions=$2 ;;
	--dir) dir=$2 ;;
	--build) build=$2 ;;
	*) die "there is no option $1" ;;
	esac
	shift 2
done
build=$(cd "$build" && pwd)
tools=$build/bench
nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
[ -n "$nginx" ] || say "nginx is not installed: nothing to compare heartbeats with"

on0='taskset -c 0' on1='taskset -c 1'
if ! command -v taskset >/dev/null || [ "$(nproc)" -lt 2 ]; then
	say "there are no two cores to pin to: server and load share"
	on0='' on1=''
fi

# ---- processes -------------------------------------------------------------

stop() {
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
}

clean_up() {
	stop
	rm -rf "$work"
}

work=$(mktemp -d "${dir:-$build}/bench.XXXXXX")
trap clean_up EXIT
trap 'exit 1' INT TERM
mkdir "$work/results"

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	cat "$work/log" >&2
	die "not ready: $*"
}

# start_server DATA: sets pid and url.
start_server() {
	# shellcheck disable=SC2086 # a command and its words, or nothing
	$on0 "$build/tidewired" --listen 127.0.0.1:0 --data "$1" \
	    >"$work/out" 2>"$work/log" &
	pid=$!
	wait_for grep -q listening "$work/out"
	url=$(sed -n 's/.*listening on //p' "$work/out")
}

# An answer as long as that to a heartbeat, one worker, no log.
nginx_config() {
	cat <<CONFIG
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $work/log;
events { worker_connections 4096; }
http {
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 3600s;
	client_body_temp_path $work/body;
	proxy_temp_path $work/proxy;
	fastcgi_temp_path $work/fastcgi;
	uwsgi_temp_path $work/uwsgi;
	scgi_temp_path $work/scgi;
	default_type application/json;
	server {
		listen 127.0.0.1:$1;
		location / { return 200 '{"data":{$(printf '%0400d' 0)}}'; }
	}
}
CONFIG
}

start_nginx() {
	port=$((20000 + $$ % 10000))
	url=http://127.0.0.1:$port
	nginx_config "$port" >"$work/nginx.conf"
	# shellcheck disable=SC2086
	$on0 "$nginx" -p "$work" -c "$work/nginx.conf" 2>"$work/log" &
	pid=$!
	wait_for curl -s "$url/"
}

# ---- measuring -------------------------------------------------------------

# tool COMMAND...: one measurement; what it says is kept by keep.
tool() {
	timeout 60 "$@" >"$work/said" || {
		cat "$work/said" >&2
		die "failed: $*"
	}
}

# load ARGS...: against whatever is running.
load() {
	# shellcheck disable=SC2086
	tool $on1 "$tools/load" --url "$url" --pid "$pid" "$@"
}

# keep NAME KEY: add the value of KEY to the results called NAME.
keep() { sed -n "s|^$2: ||p" "$work/said" >>"$work/results/$1"; }

keep_load() {
	keep "$1.rate" requests/s
	keep "$1.cpu" 'server CPU us/request'
	keep "$1.p50" 'p50 ms'
	keep "$1.p99" 'p99 ms'
	keep "$1.group" requests/commit
	keep "$1.bytes" bytes/request
}

measure_writes() {
	# shellcheck disable=SC2086
	tool $on0 "$tools/lmdb_base" "$work" 3
	keep lmdb.rate commits/s
	rm -rf "$work/fresh"
	start_server "$work/fresh"
	load --mix logprogress --seconds 6
	keep_load report
	load --mix lifecycle --seconds 4
	keep_load lifecycle
	load --mix heartbeat --seconds 4
	keep_load heartbeat
	stop
	tool "$build/tidewired" check --data "$work/fresh"
	[ -n "$nginx" ] || return 0
	start_nginx
	load --mix heartbeat --ids "$work/small.ids" --seconds 4
	keep_load nginx
	stop
}

# measure_reads NAME IDS: of the store NAME.
measure_reads() {
	start_server "$work/$1"
	# A first pass, so that no page is met for the first time.
	load --mix get --ids "$work/$2" --requests 60000
	load --mix get --ids "$work/$2" --seconds 3
	keep_load "get.$3"
	load --mix list --ids "$work/$2" --seconds 3
	keep_load "list.$3"
	stop
}

# What Factflow's clients read, of any execution where one is named.
factflow='
get /api/v1/executions/{id}
stats /api/v1/executions/{id}/stats
dag /api/v1/executions/{id}/dag
routes /api/v1/executions/{id}/routes
lineage /api/v1/executions/{id}/lineage
replays /api/v1/executions/{id}/replays
list /api/v1/executions?limit=20
status /api/v1/executions?limit=20&status=completed
tag /api/v1/executions?limit=20&tag=team:t3
config /api/v1/executions?limit=20&config_id=CONFIG
configs /api/v1/configs?limit=20
'

# measure_factflow NAME IDS: of the store NAME.
measure_factflow() {
	start_server "$work/$1"
	config=$(curl -sf "$url/api/jobs?limit=1" |
	    sed 's/.*"data":\[{"id":"\([^"]*\).*/\1/')
	load --mix get --ids "$work/$2" --requests 60000
	while read -r name path; do
		[ -n "$name" ] || continue
		path=$(printf '%s' "$path" | sed "s/CONFIG/$config/")
		load --mix path --path "$path" --ids "$work/$2" --seconds 1
		keep "factflow.$name.$1" 'server CPU us/request'
	done <<PATHS
$factflow
PATHS
	stop
}

measure_start() {
	for _ in 1 2 3; do
		# shellcheck disable=SC2086
		tool $on0 "$tools/first_answer" "$build/tidewired" \
		    --listen 127.0.0.1:0 --data "$work/large" 2>"$work/log"
		keep start 'first answer ms'
		keep rss 'server RSS KiB'
	done
}

wake_ups() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$pid/status"
}

measure_idle() {
	start_server "$work/large"
	curl -sf "$url/healthz" >/dev/null
	before=$(wake_ups)
	sleep 5
	echo $(($(wake_ups) - before)) >>"$work/results/wakeups"
	stop
}

# ---- results ---------------------------------------------------------------

median() {
	sort -n "$1" 2>/dev/null | awk '{ v[NR] = $1 }
	    END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# ratio A B: the median of the rounds' own ratios.
ratio() {
	paste "$work/results/$1" "$work/results/$2" 2>/dev/null |
	    awk '$2 > 0 { printf "%.2f\n", $1 / $2 }' >"$work/ratios"
	median "$work/ratios"
}

# verdict VALUE OP LIMIT
verdict() {
	echo "$1 $3" | awk -v op="$2" '$1 == "-" { print "-"; exit }
	    { ok = op == ">=" ? $1 >= $2 : $1 <= $2
	      print ok ? "ok" : "MISSED" }'
}

# row TEXT NAME [VALUE OP LIMIT]: a line of the table; VALUE is what the
# target is about, where that is a ratio.
row() {
	low=$(sort -n "$work/results/$2" 2>/dev/null | sed -n 1p)
	high=$(sort -n "$work/results/$2" 2>/dev/null | sed -n '$p')
	printf '| %-50s | %10s | %-17s | %6s | %-8s | %-6s |\n' "$1" \
	    "$(median "$work/results/$2")" "${low:--} .. ${high:--}" \
	    "${6:-}" "${4:+$4 $5}" "${4:+$(verdict "$3" "$4" "$5")}"
}

# row_ratio TEXT NAME OTHER OP LIMIT
row_ratio() {
	value=$(ratio "$2" "$3")
	row "$1" "$2" "$value" "$4" "$5" "$value"
}

# row_value TEXT NAME OP LIMIT
row_value() { row "$1" "$2" "$(median "$work/results/$2")" "$3" "$4"; }

table() {
	n=$executions
	printf '| %-50s | %10s | %-17s | %6s | %-8s | %-6s |\n' \
	    "rounds: $rounds" value 'lowest .. highest' ratio target ''
	echo '|---|---|---|---|---|---|'
	row 'LMDB alone, one 300-byte put per commit: commits/s' lmdb.rate
	row_ratio 'reports/s, durable, 64 connections (to LMDB)' \
	    report.rate lmdb.rate '>=' 8
	row_value '  p99 ms' report.p99 '<=' 15
	row '  p50 ms' report.p50
	row '  server CPU us per report' report.cpu
	row '  reports per commit' report.group
	row '  bytes written per report' report.bytes
	row 'lifecycle requests/s (4 are one execution)' lifecycle.rate
	row '  p99 ms' lifecycle.p99
	row '  server CPU us per request' lifecycle.cpu
	row 'nginx return 200: requests/s' nginx.rate
	row '  CPU us per request' nginx.cpu
	row_ratio 'heartbeats/s (to nginx)' heartbeat.rate nginx.rate '>=' 0.65
	row '  p99 ms' heartbeat.p99
	value=$(ratio nginx.cpu heartbeat.cpu)
	row "  server CPU us per heartbeat (nginx's to ours)" heartbeat.cpu \
	    "$value" '>=' 0.65 "$value"
	row_value "start to first answer, $n executions: ms" start '<=' 50
	row_value '  RSS then, KiB' rss '<=' 10240
	row '  wake-ups in 5 idle seconds' wakeups
	row 'GET one of 1000: CPU us' get.small.cpu
	row_ratio "GET one of the newest 1000 of $n" get.newest.cpu \
	    get.small.cpu '<=' 1.5
	row_ratio "GET any of $n, at random" get.large.cpu get.small.cpu \
	    '<=' 1.5
	row 'list 20 of 1000: CPU us' list.small.cpu
	row_ratio "list 20 of $n" list.large.cpu list.small.cpu '<=' 1.5
	while read -r name path; do
		[ -n "$name" ] || continue
		row "Factflow $name, of 1000: CPU us" "factflow.$name.small"
		row_ratio "Factflow $name, of $n" "factflow.$name.large" \
		    "factflow.$name.small" '<=' 2
	done <<PATHS
$factflow
PATHS
}

say "$(uname -sr), $(nproc) cores, $(sed -n \
    's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p), $(date +%F)"
say "filling a store with $executions executions"
timeout 300 "$tools/fill" --data "$work/large" --executions "$executions" \
    --ids "$work/all.ids" || die "cannot fill a store"
"$tools/fill" --data "$work/small" --executions 1000 \
    --ids "$work/small.ids" 2>/dev/null
"$build/tidewired" check --data "$work/large" >&2
head -n -1000 "$work/all.ids" | shuf >"$work/large.ids"
tail -n 1000 "$work/all.ids" >"$work/newest.ids"
for round in $(seq "$rounds"); do
	say "round $round of $rounds"
	measure_writes
	measure_reads small small.ids small
	measure_reads large newest.ids newest
	measure_reads large large.ids large
	measure_factflow small small.ids
	measure_factflow large large.ids
	measure_start
	measure_idle
done
table
