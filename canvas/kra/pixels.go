package kra

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strconv"
	"strings"
)

const (
	tileSide = 64
	maxTiles = 1 << 18
)

// form is a colour space whose pixels are read: its bytes, and how they are a colour.
type form struct {
	size int
	at   func(p []byte) color.NRGBA
}

func round16(b []byte) uint8 {
	return uint8((uint32(binary.LittleEndian.Uint16(b))*255 + 32767) / 65535)
}

// inks is a pixel of CMYK with alpha, in which 255 is full ink.
func inks(c, m, y, k, a uint8) color.NRGBA {
	r, g, b := color.CMYKToRGB(c, m, y, k)
	return color.NRGBA{r, g, b, a}
}

// forms by Krita's name; colours are stored blue first, 16 bits little-endian.
var forms = map[string]form{
	"RGBA": {4, func(p []byte) color.NRGBA { return color.NRGBA{p[2], p[1], p[0], p[3]} }},
	"RGBA16": {8, func(p []byte) color.NRGBA {
		return color.NRGBA{round16(p[4:]), round16(p[2:]), round16(p), round16(p[6:])}
	}},
	"GRAYA":   {2, func(p []byte) color.NRGBA { return color.NRGBA{p[0], p[0], p[0], p[1]} }},
	"GRAYA16": {4, func(p []byte) color.NRGBA { v := round16(p); return color.NRGBA{v, v, v, round16(p[2:])} }},
	"CMYK":    {5, func(p []byte) color.NRGBA { return inks(p[0], p[1], p[2], p[3], p[4]) }},
}

// Cover reads a mask's tiles, one byte a pixel, at their places in the picture; around is what
// it is elsewhere, the first byte of the member beside it. hold is as in Pixels.
func Cover(m Mask, b, outside []byte, hold func(bytes int64) bool) (shows *image.Alpha, around uint8, err error) {
	tiles, err := list(b, 1)
	if err != nil {
		return nil, 0, err
	}
	if len(outside) > 0 {
		around = outside[0]
	}
	var r image.Rectangle
	for _, t := range tiles {
		r = r.Union(image.Rectangle{Min: t.at, Max: t.at.Add(image.Pt(tileSide, tileSide))})
	}
	r = r.Add(image.Pt(m.X, m.Y))
	if r.Dx() > maxSide || r.Dy() > maxSide || !hold(int64(r.Dx())*int64(r.Dy())) {
		return nil, 0, fmt.Errorf("%d×%d pixels, which is too much for a file of its size", r.Dx(), r.Dy())
	}
	shows = image.NewAlpha(r)
	for i := range shows.Pix {
		shows.Pix[i] = around
	}
	flat := make([]byte, tileSide*tileSide)
	for _, t := range tiles {
		if err := t.unpack(flat); err != nil {
			return nil, 0, err
		}
		at := t.at.Add(image.Pt(m.X, m.Y))
		for y := range tileSide {
			copy(shows.Pix[shows.PixOffset(at.X, at.Y+y):][:tileSide], flat[y*tileSide:])
		}
	}
	return shows, around, nil
}

// Pixels reads a layer's tiles, at their places in the picture. outside is the pixel of the
// member beside it (NAME.defaultpixel), which is everywhere else on the page; nil: nothing is.
// hold is asked for the bytes that the picture takes before they are.
func Pixels(l Layer, b, outside []byte, page image.Rectangle, hold func(bytes int64) bool) (*image.NRGBA, error) {
	f, ok := forms[l.Space]
	if !ok {
		return nil, fmt.Errorf("colour space %s, which isn't read", l.Space)
	}
	tiles, err := list(b, f.size)
	if err != nil {
		return nil, err
	}
	var r image.Rectangle
	for _, t := range tiles {
		r = r.Union(image.Rectangle{Min: t.at, Max: t.at.Add(image.Pt(tileSide, tileSide))})
	}
	r = r.Add(image.Pt(l.X, l.Y))
	var back color.NRGBA
	if len(outside) >= f.size {
		back = f.at(outside)
	}
	if back.A != 0 {
		r = r.Union(page)
	}
	if r.Dx() > maxSide || r.Dy() > maxSide || !hold(4*int64(r.Dx())*int64(r.Dy())) {
		return nil, fmt.Errorf("%d×%d pixels, which is too much for a file of its size", r.Dx(), r.Dy())
	}
	img := image.NewNRGBA(r)
	if back.A != 0 {
		for i := 0; i < len(img.Pix); i += 4 {
			img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = back.R, back.G, back.B, back.A
		}
	}
	flat := make([]byte, tileSide*tileSide*f.size)
	pixel := make([]byte, f.size)
	for _, t := range tiles {
		if err := t.unpack(flat); err != nil {
			return nil, err
		}
		at := t.at.Add(image.Pt(l.X, l.Y))
		for i := range tileSide * tileSide {
			for k := range pixel {
				pixel[k] = flat[k*tileSide*tileSide+i]
			}
			img.SetNRGBA(at.X+i%tileSide, at.Y+i/tileSide, f.at(pixel))
		}
	}
	return img, nil
}

// tile is one as stored: a byte that says whether it is packed, and its bytes.
type tile struct {
	at   image.Point
	data []byte
}

// list reads the lines before the tiles and each tile's own: "x,y,LZF,bytes".
func list(b []byte, size int) ([]tile, error) {
	head := map[string]int{}
	var line string
	for range 16 {
		if line, b = cut(b); line == "" {
			return nil, io.ErrUnexpectedEOF
		}
		key, value, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(value)
		if err != nil {
			return nil, fmt.Errorf("tiles that begin with %.20q", line)
		}
		if head[key] = n; key == "DATA" {
			break
		}
	}
	n, told := head["DATA"]
	if !told || head["VERSION"] != 2 || head["TILEWIDTH"] != tileSide || head["TILEHEIGHT"] != tileSide || head["PIXELSIZE"] != size || n < 0 || n > maxTiles {
		return nil, fmt.Errorf("tiles of version %d, %d×%d pixels of %d bytes, want 2, 64×64, %d", head["VERSION"], head["TILEWIDTH"], head["TILEHEIGHT"], head["PIXELSIZE"], size)
	}
	var out []tile
	for range n {
		if line, b = cut(b); line == "" {
			return nil, io.ErrUnexpectedEOF
		}
		f := strings.Split(line, ",")
		if len(f) != 4 || f[2] != "LZF" {
			return nil, fmt.Errorf("a tile that begins with %.40q", line)
		}
		x, errX := strconv.Atoi(f[0])
		y, errY := strconv.Atoi(f[1])
		bytes, errN := strconv.Atoi(f[3])
		if errors.Join(errX, errY, errN) != nil || bytes < 1 || max(x, -x, y, -y) > maxSide {
			return nil, fmt.Errorf("a tile that begins with %.40q", line)
		}
		if bytes > len(b) {
			return nil, io.ErrUnexpectedEOF
		}
		out = append(out, tile{image.Pt(x, y), b[:bytes]})
		b = b[bytes:]
	}
	return out, nil
}

// cut takes a line off, "" at the end.
func cut(b []byte) (string, []byte) {
	line, rest, ok := bytes.Cut(b, []byte{'\n'})
	if !ok || len(line) > 200 {
		return "", nil
	}
	return string(line), rest
}

func (t tile) unpack(dst []byte) error {
	if t.data[0] == 0 {
		if len(t.data)-1 < len(dst) {
			return io.ErrUnexpectedEOF
		}
		copy(dst, t.data[1:])
		return nil
	}
	return lzf(dst, t.data[1:])
}
