// Package assets holds what is built into the program: icons, the sample picture. It is
// a package because an embed directive cannot reach out of its folder; only app and app/ui import
// it.
//
// 2026-11-23: the sample is rendered by sample_test.go from numbers alone, so that it
// belongs to nobody else. It is a JPEG because a photo-like PNG of its size is five times
// as large.
package assets

import _ "embed"

// Sample is a picture to try the program on, 1024×768, a JPEG: a meadow with a brick wall,
// a sign and a red ball in it that is to be painted out.
//
//go:embed sample.jpg
var Sample []byte
