#!/bin/sh
# Prints the licences of all that a package carries: of what is built into ./app (Go's own
# library, all Go modules with what they hold of others, the WebAssembly, CLIP's vocabulary),
# then of the native libraries that lie beside it.
#   licences.sh FLAGS...     the flags of that build (-tags …); GOOS and GOARCH as set
set -eu
go=${GO:-go}
title() { printf '\n==== %s\n' "$1"; }
title "the Go library and runtime"
cat "$($go env GOROOT)/LICENSE"
$go list -deps -f '{{with .Module}}{{if .Version}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "$@" ./app | sort -u |
	while read -r path version dir; do
		texts=$(find "$dir" -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'patents*' \) ! -name '*.go' ! -path '*/testdata/*' | sort)
		[ -n "$texts" ] || { echo "licences.sh: module $path $version has no licence in $dir" >&2; exit 1; }
		title "$path $version"
		echo "$texts" | while read -r f; do
			[ "$(dirname "$f")" = "$dir" ] || printf '\n-- of %s\n' "${f#"$dir"/}"
			cat "$f"
		done
	done
title "libwebp (WebAssembly)"
cat canvas/webp/webp.wasm.LICENSE
title "libavif and libaom (WebAssembly)"
cat canvas/heif/avif.wasm.LICENSE
title "the vocabulary of CLIP"
cat assets/licences/clip.txt
title "ONNX Runtime"
cat assets/licences/onnxruntime.txt
for f in Apache-2.0 MPL-2.0; do
	title "$f"
	cat assets/licences/$f.txt
done
[ "${GOOS:-}" != windows ] || { title "DirectX Shader Compiler (dxcompiler.dll)"; cat assets/licences/windows/dxcompiler.txt; }
