#!/bin/sh
# Installs the Debian/Ubuntu packages that are missing for `build` or `test`, and says
# which and why. Does nothing, and needs no rights, where all are there.
set -eu
build="gcc:compiles_the_parts_of_Fyne_and_ONNX_Runtime's_binding_that_are_C
libc6-dev:headers_for_gcc
pkg-config:finds_GTK_and_OpenGL_for_gcc
libgl-dev:Fyne_draws_with_OpenGL
libxxf86vm-dev:Fyne's_window_library_needs_it
libgtk-3-dev:the_desktop's_own_file_dialogs
npm:fetches_the_ONNX_Runtime_library_and_the_CLIP_vocabulary"
tests="xvfb:a_screen_for_the_tests_of_the_window
xauth:lets_a_program_use_that_screen
xdotool:moves_mouse_and_keys_in_those_tests
openbox:a_small_window_manager:_without_one_dialogs_get_no_keys
imagemagick:takes_the_screenshots
libgl1-mesa-dri:OpenGL_in_software
xclip:puts_a_picture_on_the_clipboard_in_the_tests
libvulkan1:WebGPU_finds_graphics_cards_by_it
chromium:brings_SwiftShader,_a_graphics_card_made_of_software_for_the_tests"
case "${1:-build}" in
build) list=$build ;;
test) list="$build
$tests" ;;
*) echo "usage: packages.sh build|test" >&2; exit 2 ;;
esac
missing=
for entry in $list; do
	name=${entry%%:*}
	dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' && continue
	[ "$name" = npm ] && command -v npm >/dev/null 2>&1 && continue
	[ "$name" = chromium ] && [ -n "${PENTIMENTO_SWIFTSHADER:-}" ] && continue
	[ "$name" = gcc ] && command -v gcc >/dev/null 2>&1 && continue
	echo "missing: $name ($(echo "${entry#*:}" | tr _ ' '))"
	missing="$missing $name"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "This system has no apt-get: install what is listed above with its own package manager." >&2
	exit 0
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing:$missing"
$sudo apt-get update -qq || true
case " $missing " in *" chromium "*) # not a package everywhere; the tests of a card are left out without it
	apt-cache show chromium >/dev/null 2>&1 || missing=$(echo " $missing " | sed 's/ chromium / /') ;;
esac
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
