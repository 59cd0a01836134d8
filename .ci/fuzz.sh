#!/bin/sh
# Runs every fuzz target of the repository, each for FUZZTIME, PAR of them at once, and prints
# a table. Inputs that fail are kept in the target's testdata/fuzz and end this with 1.
# ONLY=REGEXP chooses among the targets by "folder Name".
set -u
go=${GO:-go}
time=${FUZZTIME:-10s}
par=${PAR:-1}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

grep -rn --include='*_test.go' -E '^func Fuzz[A-Za-z0-9_]*\(' app assets canvas pipeline tools |
	sed -E 's#^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*)\(.*#\1 \2#' | sort -u | grep -E "${ONLY:-.}" >"$dir/targets"

one() { # folder name
	out="$dir/$(echo "$1.$2" | tr / .)"
	if $go test -tags migrated_fynedo "./$1" -run '^$' -fuzz "^$2\$" -fuzztime "$time" -parallel "${WORKERS:-2}" >"$out.log" 2>&1; then
		result=ok
	else
		result=FAILED
		touch "$dir/failed"
	fi
	last=$(grep '^fuzz: elapsed' "$out.log" | tail -1)
	execs=$(echo "$last" | sed -nE 's/.*execs: ([0-9]+).*/\1/p')
	new=$(echo "$last" | sed -nE 's/.*new interesting: ([0-9]+) \(total: ([0-9]+)\).*/\1 of \2/p')
	printf '%-28s %-20s %-8s %12s %14s\n' "$1" "$2" "$result" "${execs:-–}" "${new:-–}"
	[ $result = ok ] || { grep -vE '^fuzz: (elapsed|minimizing)' "$out.log" | tail -20 | sed 's/^/    /'; }
}

printf '%-28s %-20s %-8s %12s %14s   (%s each)\n' folder target result runs 'new inputs' "$time"
n=0
while read -r folder name; do
	one "$folder" "$name" &
	n=$((n + 1))
	[ $((n % par)) -eq 0 ] && wait
done <"$dir/targets"
wait
[ ! -e "$dir/failed" ]
