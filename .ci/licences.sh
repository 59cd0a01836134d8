#!/bin/sh
# Prints the licences of all Go modules in a build of ./app, Go's own library first.
#   licences.sh FLAGS...     the flags of that build (-tags …); GOOS and GOARCH as set
set -eu
go=${GO:-go}
echo "==== the Go library and runtime"
cat "$($go env GOROOT)/LICENSE"
$go list -deps -f '{{with .Module}}{{if .Version}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "$@" ./app | sort -u |
	while read -r path version dir; do
		texts=$(find "$dir" -maxdepth 1 -iname 'licen[sc]e*' -o -maxdepth 1 -iname 'copying*' -o -maxdepth 1 -iname 'notice*' -o -maxdepth 1 -iname 'patents*' | sort)
		[ -n "$texts" ] || { echo "licences.sh: module $path $version has no licence in $dir" >&2; exit 1; }
		echo
		echo "==== $path $version"
		echo "$texts" | while read -r f; do cat "$f"; done
	done
