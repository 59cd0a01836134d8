#!/bin/sh
# Makes build/pentimento_VERSION_ARCH.deb (the program with its window) and
# build/pentimento-cli_VERSION_ARCH.deb (the verbs alone, for servers) out of what `make
# install` lays down and what is built already, then unpacks both and tries them.
#
# By Debian's own dpkg-deb: what the packages depend on is found by dpkg-shlibdeps in the
# programs, under the names of the system that they are built on.
#   deb.sh ORT     the folder of ONNX Runtime
set -eu
ort=$1
for tool in dpkg-deb dpkg-shlibdeps; do
	command -v $tool >/dev/null 2>&1 || { echo "deb.sh: $tool is not installed
hint: apt-get install dpkg-dev" >&2; exit 1; }
done
version=$(sed -n 's/^Version *= *"\(.*\)"/\1/p' FyneApp.toml)
arch=$(dpkg --print-architecture)
work=$PWD/build/deb
rm -rf "$work"
mkdir -p "$work/debian"
printf 'Source: pentimento\n\nPackage: pentimento\nArchitecture: any\n' >"$work/debian/control"

# package NAME TAGS RECOMMENDS DESCRIPTION: packs $work/NAME.
package() {
	root=$work/$1
	chmod -R u+rwX,go+rX,go-w "$root"
	install -d "$root/usr/share/doc/$1" "$root/DEBIAN"
	{ cat LICENSE; echo; sh .ci/licences.sh -tags "$2"; [ ! -f "$ort/LICENSE.providers" ] || cat "$ort/LICENSE.providers"; } >"$root/usr/share/doc/$1/copyright"
	depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info $(find "$root/usr/lib" -type f ! -name '*providers*' | sed 's/^/-e/') 2>"$work/shlibdeps.log" | sed -n 's/^shlibs:Depends=//p')
	[ -n "$depends" ] || { cat "$work/shlibdeps.log" >&2; exit 1; }
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\nSection: graphics\nPriority: optional\n' "$1" "$version" "$arch"
		printf 'Maintainer: The Pentimento authors <pentimento@localhost>\nInstalled-Size: %s\n' "$(du -sk "$root/usr" | cut -f1)"
		printf 'Depends: %s\nRecommends: %s\nDescription: %s\n' "$depends" "$3" "$4"
	} >"$root/DEBIAN/control"
	(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
	dpkg-deb -Zgzip --root-owner-group --build "$root" "build/$1_${version}_$arch.deb" >/dev/null
	echo "$1 depends on $depends"
}

make -s install PREFIX=/usr DESTDIR="$work/pentimento"
gzip -9n "$work/pentimento/usr/share/man/man1/pentimento.1"
package pentimento migrated_fynedo,no_emoji "libvulkan1, mesa-vulkan-drivers, desktop-file-utils, shared-mime-info" "painting program that fills, removes and extends
 Brush over something and it is replaced; drag an edge outward and the picture
 grows; open a Stable Diffusion checkpoint and the place is filled from a
 prompt, on your own machine."

cli=$work/pentimento-cli/usr/lib/pentimento-cli
install -d "$cli" "$work/pentimento-cli/usr/bin"
install -m 755 bin/pentimento-cli "$cli/pentimento-cli"
install -m 644 "$ort"/libonnxruntime* "$cli/"
ln -s ../lib/pentimento-cli/pentimento-cli "$work/pentimento-cli/usr/bin/pentimento-cli"
package pentimento-cli headless "libvulkan1, mesa-vulkan-drivers" "Pentimento without a window, for servers
 The verbs of Pentimento (fill, outpaint, generate, info and others) without
 X11, OpenGL and GTK."

# Unpacked they are tried where no library of a source tree can be found.
for name in pentimento pentimento-cli; do
	there=$(mktemp -d)
	dpkg-deb -x "build/${name}_${version}_$arch.deb" "$there"
	(cd / && "$there/usr/bin/$name" version | grep -q "$version")
	(cd / && "$there/usr/bin/$name" devices | grep -q '^cpu .*ready$')
	! grep -l "$PWD" -r "$there/usr/share" || { echo "deb.sh: a file of $name names this source tree" >&2; exit 1; }
	[ ! -d "$there/usr/share/applications" ] || ! command -v desktop-file-validate >/dev/null 2>&1 || desktop-file-validate "$there"/usr/share/applications/*.desktop
	case "$name $(dpkg-deb -f "build/${name}_${version}_$arch.deb" Depends)" in
	pentimento-cli*libx11* | pentimento-cli*libgl* | pentimento-cli*gtk*) echo "deb.sh: $name depends on a screen" >&2; exit 1 ;;
	esac
	rm -rf "$there"
done
ls -l build/*.deb
