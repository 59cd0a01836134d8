#!/bin/sh
# Makes build/Pentimento-macos.zip on a Mac: Pentimento.app out of bin/pentimento, with ONNX
# Runtime beside it and the licences of both. By Fyne's own tool, which writes the same bundle
# that Fyne's documentation tells of.
#
# UNTRIED: written on Linux, where the tool made a bundle of a stand-in program, and never run
# on a Mac. Without a developer's certificate macOS asks before it opens the program.
#   macos.sh ORT     the folder of ONNX Runtime
set -eu
go=${GO:-go}
ort=$1
tool=fyne.io/tools/cmd/fyne@v1.7.4
[ "$(uname -s)" = Darwin ] || { echo "macos.sh: this system is $(uname -s), want macOS: the window's part in Objective-C needs Apple's compiler
hint: run make package-macos on a Mac with Xcode's command line tools" >&2; exit 1; }
echo "note: untried on a Mac; please tell what fails"
value() { sed -n "s/^$1 *= *\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" FyneApp.toml; }
rm -rf Pentimento.app build/Pentimento.app build/Pentimento-macos.zip
$go run "$tool" package --target darwin --source-dir app --executable "$PWD/bin/pentimento" --icon "$PWD/assets/icon.png" \
	--name "$(value Name)" --app-id "$(value ID)" --app-version "$(value Version)" --app-build "$(value Build)" --release
mv Pentimento.app build/
app=build/Pentimento.app/Contents
cp -R "$ort"/libonnxruntime* "$app/MacOS/"
cp LICENSE "$app/Resources/"
sh .ci/licences.sh -tags migrated_fynedo,no_emoji >"$app/Resources/THIRD-PARTY.txt"
codesign --force --deep --sign - build/Pentimento.app
(cd / && "$OLDPWD/$app/MacOS/pentimento" devices | grep '^cpu .*ready$')
(cd build && ditto -c -k --keepParent Pentimento.app Pentimento-macos.zip)
ls -l build/Pentimento-macos.zip
