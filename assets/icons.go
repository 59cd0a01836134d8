package assets

import "embed"

// Icons holds the line icons, icons/NAME.svg; strokes are drawn in #808080 and coloured by
// the window.
//
//go:embed icons/*.svg
var Icons embed.FS

// Icon is the program's own icon, a PNG.
//
//go:embed icon.png
var Icon []byte
