#!/bin/bash
# Runs the tests of the rooms without cgo: all of them with the race detector and -short,
# then, in full and without it, those that leave something out under -short. What ran is
# then held against what is written: a test that neither run has seen is an error.
#   pure.sh PACKAGE...
set -euo pipefail
go=${GO:-go}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every test there is on this system, and where testing.Short() is asked.
$go list -f '{{range .TestGoFiles}}{{$.ImportPath}} {{$.Dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$.ImportPath}} {{$.Dir}}/{{.}}
{{end}}' "$@" | awk -v all="$work/all" -v short="$work/short" 'NF {
	name = ""
	while ((getline line < $2) > 0) {
		if (line ~ /^func /) {
			name = match(line, /^func (Test|Fuzz)[A-Za-z0-9_]*\(/) ? substr(line, 6, RLENGTH - 6) : ""
			if (name != "" && name != "TestMain") print $1, name > all
		}
		if (line ~ /testing\.Short\(\)/) print $1, name, $2 > short
	}
}'
if awk '$2 !~ /^Test/ { print $NF ": testing.Short() is asked outside a test; ask it in the test itself"; bad = 1 } END { exit !bad }' "$work/short"; then
	exit 1
fi

# run FLAGS... shows one line for each package that passes and all that others said.
run() {
	$go test -v -timeout 30m "$@" 2>&1 | tee -a "$work/log" | awk '
		/^ *(=== |--- PASS)/ { next }
		/^ok / { print; fflush(); n = 0; next }
		/^\?/ { next }
		{ said[n++] = $0 }
		/^FAIL./ { for (i = 0; i < n; i++) print said[i]; fflush(); n = 0 }
		END { for (i = 0; i < n; i++) print said[i] }'
}
run -race -short "$@"
echo "in full, what -short left out:"
# shellcheck disable=SC2046
run -run "^($(cut -d' ' -f2 "$work/short" | sort -u | paste -sd'|'))\$" $(cut -d' ' -f1 "$work/short" | sort -u)

awk '
	match($0, /=== RUN   [A-Za-z0-9_]+$/) { ran[$NF] = 1 }
	/^(ok|FAIL)[ \t]+[^ \t]+[ \t]/ { for (t in ran) print $2, t; delete ran }' "$work/log" | sort -u >"$work/ran"
if sort -u "$work/all" | comm -23 - "$work/ran" | grep .; then
	echo "the tests above never ran" >&2
	exit 1
fi
echo "all $(sort -u "$work/all" | wc -l) tests of the rooms without cgo ran"
