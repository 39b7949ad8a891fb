#!/bin/sh
# Compare work queues: rounds of bench/queue.sh, interleaved, since a machine's
# speed drifts; prints one table of medians.  A ratio is the median of the
# rounds' own ratios to the peer that completes the most jobs a second.
#
# usage: bench/queue_rounds.sh [ROUNDS [SERVER...]]
#
#   JOBS=N   lifecycles of a run (20000)
#   OUT=DIR  keep what each run said
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-3}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- tidewire tidewire-batch tidewire-node bullmq \
    beanstalkd graphile pgboss restate pgboss-batch
out=${OUT:-$(mktemp -d)}
[ -n "${OUT:-}" ] || trap 'rm -rf "$out"' EXIT
mkdir -p "$out"

for round in $(seq "$rounds"); do
	for server in "$@"; do
		"$here/queue.sh" "$server" "${JOBS:-20000}" \
		    >"$out/$server.$round" || {
			echo "$server: FAILED" >&2
			cat "$out/$server.$round" >&2
			exit 1
		}
	done
done

# column SERVER NAME FIELD: its values, a line a round.
column() {
	for round in $(seq "$rounds"); do
		awk -v n="$2" -v f="$3" '$1 == n {print $f}' "$out/$1.$round"
	done
}

median() {
	sort -n | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : "-"}'
}

# ratio SERVER NAME: to the best peer's.
ratio() {
	column "$1" "$2" 2 >"$out/a"
	column "$best" "$2" 2 >"$out/b"
	paste "$out/a" "$out/b" | awk '{printf "%.2f\n", $1 / $2}' | median
}

# The peer with the highest rate, of those whose workers work one by one.
best=$(for server in "$@"; do
	case $server in
	tidewire* | *-batch) ;;
	*) echo "$(column "$server" lifecycles_per_s 2 | median) $server" ;;
	esac
done | sort -n | sed -n '$s/.* //p')
best=${best:-$1}

echo "| $rounds rounds | lifecycles/s | to $best |" \
    "server CPU s per 1,000 | to $best | client's |" \
    "create to complete p50 / p99 ms | wake-up p50 / p99 ms | memory MiB |"
echo '|---|---|---|---|---|---|---|---|---|'
for server in "$@"; do
	printf '| %s | %s | %s | %s | %s | %s | %s / %s | %s / %s | %s |\n' \
	    "$server" "$(column "$server" lifecycles_per_s 2 | median)" \
	    "$(ratio "$server" lifecycles_per_s)" \
	    "$(column "$server" server_cpu_s_per_1000 2 | median)" \
	    "$(ratio "$server" server_cpu_s_per_1000)" \
	    "$(column "$server" client_cpu_s_per_1000 2 | median)" \
	    "$(column "$server" latency_ms 3 | median)" \
	    "$(column "$server" latency_ms 5 | median)" \
	    "$(column "$server" wakeup_ms 3 | median)" \
	    "$(column "$server" wakeup_ms 5 | median)" \
	    "$(column "$server" memory_mib 2 | median)"
done

# target SERVER NAME OP LIMIT
target() {
	ratio "$1" "$2" | awk -v s="$1" -v n="$2" -v op="$3" -v limit="$4" \
	    -v best="$best" '{ok = op == ">=" ? $1 >= limit : $1 <= limit
	    printf "%s %s: %s of %s, target %s %s: %s\n", s, n, $1, best, op,
	        limit, ok ? "ok" : "MISSED"}'
}

for server in "$@"; do
	case $server in
	tidewire*)
		target "$server" lifecycles_per_s '>=' 2
		target "$server" server_cpu_s_per_1000 '<=' 0.5
		;;
	esac
done
