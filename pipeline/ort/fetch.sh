#!/bin/sh
# Fetches ONNX Runtime's native library for this machine into build/ort (git-ignored).
#
# It comes from the npm package onnxruntime-node, pinned by version and by the SHA-512
# of its archive, through the ordinary `npm pack`. None of the package's scripts run:
# only the binaries of this system are taken out of the archive. Run again, it checks
# what is there and needs no network.
#
#   pipeline/ort/fetch.sh [FOLDER]     FOLDER defaults to build/ort at the repository's root
#   PENTIMENTO_ORT_OS / PENTIMENTO_ORT_ARCH   linux|darwin|win32 and x64|arm64, for packaging
#   PENTIMENTO_ORT_GPU=cuda   an older library with the CUDA and TensorRT providers of the very
#                             same version beside it, by default in build/ort-cuda (linux-x64)
set -eu

version=1.30.0
sha512=twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==
gpu=${PENTIMENTO_ORT_GPU:-}
folder=ort
if [ -n "$gpu" ]; then # no package holds the providers of 1.30.0
	folder=ort-$gpu
	version=1.29.0
	sha512=WjiVVB72riILz8HbYvxvmjKyE/WmkYoSfKY++axo5jAR609HQg8MwiG/HhShpTcJfmmAdzxxmB+MMST3A+SiPA==
fi
providers=com.github.asus4.onnxruntime.linux-x64-gpu
providers_version=0.4.9
providers_sha512=FopIhNE/Ng+v2X65wVc9clPCBCvhvA53Hxo2U0Kf5fGdVsC7iCA+mZ0KLWggcQAj7TIZ6pNidR4AC10g74Xo6w==

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:-$root/build/$folder}

fail() {
	echo "fetch.sh: $1" >&2
	[ $# -lt 2 ] || echo "hint: $2" >&2
	exit 1
}

case ${PENTIMENTO_ORT_OS:-$(uname -s)} in
Linux | linux) os=linux ;;
Darwin | darwin) os=darwin ;;
MINGW* | MSYS* | CYGWIN* | Windows_NT | win32) os=win32 ;;
*) fail "no library for the system $(uname -s)" "build ONNX Runtime $version yourself and set PENTIMENTO_ONNXRUNTIME" ;;
esac
case ${PENTIMENTO_ORT_ARCH:-$(uname -m)} in
x86_64 | amd64 | x64) arch=x64 ;;
aarch64 | arm64) arch=arm64 ;;
*) fail "no library for the processor $(uname -m)" "build ONNX Runtime $version yourself and set PENTIMENTO_ONNXRUNTIME" ;;
esac
[ "$os-$arch" != darwin-x64 ] || fail "version $version has no library for macOS on Intel" \
	"set PENTIMENTO_ONNXRUNTIME to a build of your own"

case $gpu in
"") ;;
cuda) [ "$os-$arch" = linux-x64 ] || fail "there are CUDA providers for linux-x64 only, want none for $os-$arch" "on Windows DirectML comes with the library" ;;
*) fail "PENTIMENTO_ORT_GPU is $gpu, want cuda" ;;
esac

stamp="onnxruntime-node $version $os-$arch sha512-$sha512${gpu:+ $providers $providers_version sha512-$providers_sha512}"

# Each file's own hash is kept next to it, so that a truncated or changed file is fetched again.
present() {
	[ -f "$target/fetched.txt" ] && [ "$(head -n 1 "$target/fetched.txt")" = "$stamp" ] &&
		(cd "$target" && tail -n +2 fetched.txt | sha256 -c) >/dev/null 2>&1
}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

if present; then
	exit 0
fi
command -v npm >/dev/null 2>&1 || fail "npm is not installed, and $target has no ONNX Runtime $version" \
	"install Node.js (npm), or unpack onnxruntime-node-$version.tgz's bin/napi-v6/$os/$arch into $target"
command -v openssl >/dev/null 2>&1 || fail "openssl is not installed; it checks the archive" "install openssl"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
echo "fetching ONNX Runtime $version ($os-$arch) from onnxruntime-node"

# pack NAME VERSION HASH leaves the checked archive in $archive.
pack() {
	archive=$work/$(cd "$work" && npm pack --ignore-scripts --silent "$1@$2") ||
		fail "npm pack $1@$2 did not succeed" "check the network connection and the npm registry setting"
	found=$(openssl dgst -sha512 -binary "$archive" | openssl base64 -A)
	[ "$found" = "$3" ] || fail "$1-$2.tgz has SHA-512 $found, want $3" \
		"the archive is not the one this program was tested with; nothing was unpacked"
}
pack onnxruntime-node "$version" "$sha512"

mkdir "$work/out"
tar -xzf "$archive" -C "$work/out" "package/LICENSE" 2>/dev/null || true
members=$(tar -tzf "$archive" | grep "^package/bin/napi-v[0-9]*/$os/$arch/" | grep -v '\.node$' | grep -v '/$')
[ -n "$members" ] || fail "onnxruntime-node-$version.tgz holds no binaries for $os-$arch"
echo "$members" | tar -xzf "$archive" -C "$work/out" -T -

rm -rf "$target.new"
mkdir -p "$target.new"
echo "$members" | while read -r m; do mv "$work/out/$m" "$target.new/"; done
[ ! -f "$work/out/package/LICENSE" ] || mv "$work/out/package/LICENSE" "$target.new/LICENSE.onnxruntime"
if [ -n "$gpu" ]; then
	echo "fetching the CUDA and TensorRT providers of $version from $providers (180 MB)"
	pack "$providers" "$providers_version" "$providers_sha512"
	tar --no-same-owner -xzf "$archive" -C "$work/out" --wildcards "package/LICENSE" "package/Plugins/Linux/x64/*.so"
	mv "$work/out/package/LICENSE" "$target.new/LICENSE.providers"
	mv "$work/out/package/Plugins/Linux/x64/"*.so "$target.new/"
fi
(cd "$target.new" && { echo "$stamp"; sha256 -- *; } >"$work/fetched.txt" && mv "$work/fetched.txt" fetched.txt)
rm -rf "$target"
mv "$target.new" "$target"
ls -l "$target"
