#!/bin/sh
# Compare event stream servers: rounds of bench/fanout.sh, interleaved, since
# a machine's speed drifts; prints the median of each figure.
#
# usage: bench/fanout_rounds.sh [ROUNDS [SERVER...]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-3}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- tidewire bare nchan node pushpin
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# round NAME SUBSCRIBERS EVENTS RATE SERVER...
round() {
	name=$1 subscribers=$2 events=$3 rate=$4
	shift 4
	for server in "$@"; do
		RATE=$rate "$here/fanout.sh" "$server" "$subscribers" \
		    "$events" >>"$out/$name $server" || {
			echo "$name $server: FAILED"
			cat "$out/$name $server"
		}
	done
}

median() {
	sort -n | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : "-"}'
}

# figure FILE NAME FIELD
figure() { awk -v n="$2" -v f="$3" '$1 == n {print $f}' "$1" | median; }

for _ in $(seq "$rounds"); do
	round "1000 as fast as accepted" 1000 300 0 "$@"
	round "1000 20 a second" 1000 60 20 "$@"
	round "10000 as fast as accepted" 10000 60 0 "$@"
	round "10000 2 a second" 10000 10 2 "$@"
done
printf '%-28s %-9s %9s %9s %9s %9s %s\n' subscribers,load server \
    us/event p50_ms p99_ms bytes/idle complete
for file in "$out"/*; do
	name=${file##*/}
	printf '%-28s %-9s %9s %9s %9s %9s %s\n' "${name% *}" "${name##* }" \
	    "$(figure "$file" server_cpu_us_per_delivery 2)" \
	    "$(figure "$file" latency_ms 3)" \
	    "$(figure "$file" latency_ms 5)" \
	    "$(figure "$file" rss_per_idle_subscriber 2)" \
	    "$(awk '$1 == "complete" {print $2}' "$file" | sort -u |
	        tr '\n' ' ')"
done
