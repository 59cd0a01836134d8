#!/bin/bash
# The Windows program, made on Linux with mingw-w64 and tried under wine.
#   windows.sh build      build/windows: both programs with their libraries beside them
#   windows.sh package    build/pentimento-windows-x64.zip of that folder
#   windows.sh test       runs them under wine against Linux's bin/pentimento-cli, then the tests of the rooms
#                         without cgo and of the networks' room (QUICK=1 leaves them out, ROOMS chooses them)
set -euo pipefail
go=${GO:-go}
here=$PWD
out=$here/build/windows

need() { # command package
	command -v "$1" >/dev/null 2>&1 || { echo "windows.sh: $1 is not installed
hint: apt-get install $2" >&2; exit 1; }
}

build() {
	need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
	need x86_64-w64-mingw32-windres binutils-mingw-w64-x86-64
	PENTIMENTO_ORT_OS=win32 PENTIMENTO_ORT_ARCH=x64 sh pipeline/ort/fetch.sh build/ort-windows
	mkdir -p "$out"
	# go build links an object of this name into programs for this system only.
	x86_64-w64-mingw32-windres -I assets/windows assets/windows/pentimento.rc app/resources_windows_amd64.syso
	(
		export CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc
		$go build -tags headless -o "$out/pentimento-cli.exe" ./app
		[ -n "${CLI:-}" ] || $go build -tags migrated_fynedo,no_emoji -ldflags=-H=windowsgui -o "$out/pentimento.exe" ./app
		sh .ci/licences.sh -tags migrated_fynedo,no_emoji >"$out/THIRD-PARTY.txt"
	)
	cp build/ort-windows/*.dll LICENSE assets/windows/NOTICE.txt "$out"
	cp assets/windows/icon.ico "$out/pentimento.ico"
}

package() {
	need zip zip
	build
	rm -rf build/pentimento build/pentimento-windows-x64.zip
	cp -r "$out" build/pentimento
	(cd build && zip -q -r -9 pentimento-windows-x64.zip pentimento)
	rm -rf build/pentimento
	ls -l build/pentimento-windows-x64.zip
}

# wine is a Windows without bcryptprimitives.dll (before version 8.12), which Go's programs
# take their random numbers from, and without one call by which Go removes files. The first
# gets a stand-in; for the second, the tests (not the programs) are built with Go's own older
# way for systems that lack the call.
prepare() {
	need wine "wine wine64"
	need compare imagemagick
	export WINEPREFIX=$here/build/wine WINEDEBUG=-all WINEARCH=win64 DISPLAY=
	if [ ! -e "$WINEPREFIX/ready" ]; then
		rm -rf "$WINEPREFIX"
		mkdir -p "$WINEPREFIX"
		wine wineboot -i >/dev/null 2>&1 || true # it complains of programs of 32 bits
		cat >"$WINEPREFIX/stub.c" <<-'END'
			#include <windows.h>
			BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
			__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T bytes) {
				return SystemFunction036(data, (ULONG)bytes);
			}
		END
		[ -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ] ||
			x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$WINEPREFIX/stub.c" -ladvapi32
		touch "$WINEPREFIX/ready"
	fi
	# Go stops a thread that computes for long by SuspendThread; wine's server then at times leaves
	# the whole process stopped (a SIGCONT goes on with it). The tests do without.
	export GODEBUG=asyncpreemptoff=1
	# One wine for all programs: else the first one of each start brings wine's services up, and
	# who reads its output waits for them to end.
	wineserver -k 2>/dev/null || true
	wineserver -p
	wine wineboot </dev/null >/dev/null 2>&1 || true
	local calls
	calls=$($go env GOROOT)/src/internal/syscall/windows/at_windows.go
	sed 's/^\t\tSTATUS_NOT_SUPPORTED: .*/\t\tSTATUS_NOT_SUPPORTED, NTStatus(0xC0000002):/' "$calls" >"$WINEPREFIX/at_windows.go"
	if cmp -s "$calls" "$WINEPREFIX/at_windows.go"; then
		echo "windows.sh: $calls is not as expected" >&2
		exit 1
	fi
	echo "{\"Replace\":{\"$calls\":\"$WINEPREFIX/at_windows.go\"}}" >"$WINEPREFIX/overlay.json"
}

equal() { # the picture on Linux, the picture on Windows
	local n
	n=$(compare -metric AE "$work/linux/$1" "$work/windows/$2" null: 2>&1) || true
	[ "$n" = 0 ] || { echo "windows.sh: $2 differs from Linux's $1: $n pixels" >&2; exit 1; }
}

# same NAME ARGS... runs a verb on both systems and counts the pixels in which the files NAME differ.
same() {
	local name=$1
	shift
	(cd "$work/linux" && "$here/bin/pentimento-cli" "$@") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	(cd "$work/windows" && wine "$out/$program" "$@") >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	equal "$name" "$name"
	echo "ok   $program $1: $name is the same as on Linux"
}

run() {
	local args=(generate --prompt "a red boat on a calm sea" --size 64x64 --steps 2 --seed 1 --device cpu --no-metadata)
	for program in pentimento-cli.exe pentimento.exe; do
		[ -e "$out/$program" ] || continue
		wine "$out/$program" version | tr -d '\r'
		wine "$out/$program" devices | tr -d '\r' | tee "$work/devices"
		grep -q '^cpu .*ready' "$work/devices"
		same one.png "${args[@]}" --out one.png
		same two.png "${args[@]}" --isolate --out two.png
		same fill.png demo --dir .     # content-aware, as the next
		same outpaint.png demo --dir .
		wine "$out/$program" info "$out/no such file.png" 2>&1 | grep -q 'no such file' && echo "ok   $program info: what is missing is named"
	done
	# What is not there is told, and the picture is painted by the processor.
	for device in directml webgpu; do
		(cd "$work/windows" && wine "$out/pentimento-cli.exe" "${args[@]}" --device $device --out $device.png) 2>&1 | tee "$work/log" | grep -a '^note' || true
		equal one.png "$device.png"
		echo "ok   --device $device: told, and painted by the processor"
	done
}

# What wine 8 cannot do: NAME:why, with _ for spaces.
quirks="TestShardedFp16FolderThroughLinksOpens:wine_makes_links_and_then_does_not_follow_them
TestLocationNeverLeavesTheFolder:wine_makes_links_and_then_does_not_follow_them
TestBashCompletes:there_is_no_bash_in_wine
TestFunctionsAreThoseOfTheHeader:there_is_no_C_compiler_in_wine"

# tests runs the tests of rooms under wine.
tests() {
	GOOS=windows $go test -v -short -p 1 -skip "^($(echo "$quirks" | cut -d: -f1 | paste -sd'|'))\$" \
		-timeout 30m -overlay "$WINEPREFIX/overlay.json" -exec wine "$@"
}

# rooms shows one line for each package that passes and all that others said, then how many
# tests ran and why others did not.
rooms() {
	local start=$SECONDS
	local pure=() native=()
	for room in ${ROOMS:-$PURE ./pipeline/ort}; do
		case $room in */pipeline/ort) native+=("$room") ;; *) pure+=("$room") ;; esac
	done
	{
		[ ${#pure[@]} = 0 ] || CGO_ENABLED=0 tests "${pure[@]}"
		[ ${#native[@]} = 0 ] || CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc PENTIMENTO_ONNXRUNTIME=$(winepath -w "$out") tests "${native[@]}"
	} 2>&1 | tee "$work/rooms" | awk '
		{ sub(/\r$/, "") }
		/^ *(=== |--- PASS)/ { next }
		/^ok / { print; fflush(); n = 0; next }
		/^\?/ { next }
		{ said[n++] = $0 }
		/^FAIL./ { for (i = 0; i < n; i++) print said[i]; fflush(); n = 0 }
		END { for (i = 0; i < n; i++) print said[i] }'
	echo "left out, for what wine is:"
	echo "$quirks" | sed 's/:/: /' | tr _ ' ' # names hold no _
	echo "left out by themselves:"
	tr -d '\r' <"$work/rooms" | awk '/^--- SKIP/ { sub(/^ *[^ ]*: /, "", last); print $3 ": " last } { last = $0 }'
	echo "$(grep -c '^--- PASS' "$work/rooms") tests of $(grep -c '^ok ' "$work/rooms") rooms passed under wine in $((SECONDS - start)) s"
}

try() {
	[ -n "${SKIP_BUILD:-}" ] || build
	prepare
	work=$(mktemp -d)
	trap 'wineserver -k || true; rm -rf "$work"' EXIT
	mkdir "$work/linux" "$work/windows"
	run
	[ -n "${QUICK:-}" ] || rooms
}

case ${1:-} in
build) build ;;
package) package ;;
test) try ;;
*) echo "usage: windows.sh build|package|test" >&2; exit 2 ;;
esac
