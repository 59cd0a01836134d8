package file

import (
	"cmp"
	"image"
	"slices"

	"pentimento/canvas"
)

// A layer is one PNG, as other programs want it, as long as that is reasonable: where it
// would be larger than they open, or almost all of it blank, it is cut into pieces of
// pieceSide pixels, which stack.xml puts into a <stack> of their own.
const (
	pieceSide = 2048
	maxBlank  = 64 << 20 // pixels of a layer's rectangle that hold nothing
)

// partsOf are the rectangles, in the layer's own pixels, that a layer is written as.
func partsOf(l *canvas.Layer) []image.Rectangle {
	used := l.Used().Sub(l.Offset)
	if l.Tiles.Len() == 0 || used.Empty() {
		return []image.Rectangle{image.Rect(0, 0, 1, 1)}
	}
	held := l.Tiles.Len() * canvas.TileSize * canvas.TileSize
	if used.Dx() <= MaxSide && used.Dy() <= MaxSide && used.Dx()*used.Dy() <= held+maxBlank {
		return []image.Rectangle{used}
	}
	const tiles = pieceSide / canvas.TileSize
	grids := map[image.Point]image.Rectangle{}
	var order []image.Point
	l.Tiles.Each(func(k canvas.TileKey, _ *canvas.Tile) {
		at := image.Pt(floor(int(k.X), tiles), floor(int(k.Y), tiles))
		if _, ok := grids[at]; !ok {
			order = append(order, at)
		}
		grids[at] = grids[at].Union(k.Rect().Intersect(used))
	})
	slices.SortFunc(order, func(p, q image.Point) int { return cmp.Or(cmp.Compare(p.Y, q.Y), cmp.Compare(p.X, q.X)) })
	var out []image.Rectangle
	for _, at := range order {
		if r := grids[at]; !r.Empty() {
			out = append(out, r)
		}
	}
	return out
}

func floor(a, b int) int {
	if a < 0 {
		return (a+1)/b - 1
	}
	return a / b
}

// rasterOf is a part of a layer with straight alpha; RGB where it is opaque.
func rasterOf(l *canvas.Layer, r image.Rectangle) raster {
	w := r.Dx()
	rows := func(dst []byte, y0, y1 int) {
		part := image.Rect(r.Min.X, r.Min.Y+y0, r.Max.X, r.Min.Y+y1)
		l.Read(dst, 4*w, part.Add(l.Offset))
		canvas.Unpremultiply(dst, dst)
	}
	if !opaque(l, r) {
		return raster{w, r.Dy(), 4, rows}
	}
	return raster{w, r.Dy(), 3, func(dst []byte, y0, y1 int) {
		wide := make([]byte, 4*w)
		for y := y0; y < y1; y++ {
			l.Read(wide, 4*w, image.Rect(r.Min.X, r.Min.Y+y, r.Max.X, r.Min.Y+y+1).Add(l.Offset))
			narrow(dst[(y-y0)*3*w:][:3*w], wide)
		}
	}}
}

// narrow drops the alpha of every pixel.
func narrow(dst, src []byte) {
	for i, j := 0, 0; i+3 <= len(dst); i, j = i+3, j+4 {
		dst[i], dst[i+1], dst[i+2] = src[j], src[j+1], src[j+2]
	}
}

// opaque says whether every pixel of a part of a layer is.
func opaque(l *canvas.Layer, r image.Rectangle) bool {
	all := true
	canvas.KeysIn(r, func(k canvas.TileKey) {
		if !all {
			return
		}
		t := l.Tiles.At(k)
		if all = t != nil; !all {
			return
		}
		in := k.Rect().Intersect(r).Sub(k.Rect().Min)
		for y := in.Min.Y; y < in.Max.Y && all; y++ {
			row := t.Pix[(y*canvas.TileSize+in.Min.X)*4:][:in.Dx()*4]
			for i := 3; i < len(row) && all; i += 4 {
				all = row[i] == 255
			}
		}
	})
	return all
}

// rasterOfImage is a picture with all its pixels' colours, hidden ones too.
func rasterOfImage(img *image.NRGBA) raster {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w <= 0 || h <= 0 {
		return raster{1, 1, 4, func(dst []byte, _, _ int) { clear(dst) }}
	}
	if !img.Opaque() {
		return raster{w, h, 4, rowsOfImage(img)}
	}
	return raster{w, h, 3, func(dst []byte, y0, y1 int) {
		for y := y0; y < y1; y++ {
			narrow(dst[(y-y0)*3*w:][:3*w], img.Pix[y*img.Stride:][:4*w])
		}
	}}
}

// rasterOfPicture is a picture that is written; false for kinds that the standard encoder writes.
func rasterOfPicture(img image.Image) (raster, bool) {
	switch m := img.(type) {
	case *image.Gray:
		return raster{m.Rect.Dx(), m.Rect.Dy(), 1, samplesOf(m.Pix, m.Stride, m.Rect.Dx())}, true
	case *image.NRGBA, *image.NRGBA64, *image.Gray16:
		return rasterOfExact(img), true
	}
	return raster{}, false
}

// rasterOfExact is what a document keeps of its file (canvas.Source).
func rasterOfExact(img image.Image) raster {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	switch m := img.(type) {
	case *image.Gray16:
		return raster{w, h, 2, samplesOf(m.Pix, m.Stride, 2*w)}
	case *image.NRGBA64:
		if !m.Opaque() {
			return raster{w, h, 8, samplesOf(m.Pix, m.Stride, 8*w)}
		}
		return raster{w, h, 6, func(dst []byte, y0, y1 int) {
			for y := y0; y < y1; y++ {
				row := m.Pix[y*m.Stride:]
				for x := range w {
					copy(dst[((y-y0)*w+x)*6:][:6], row[8*x:])
				}
			}
		}}
	case *image.NRGBA:
		return rasterOfImage(m)
	}
	return rasterOfImage(&image.NRGBA{})
}

func samplesOf(pix []byte, stride, n int) func([]byte, int, int) {
	return func(dst []byte, y0, y1 int) {
		for y := y0; y < y1; y++ {
			copy(dst[(y-y0)*n:][:n], pix[y*stride:])
		}
	}
}

func rowsOfImage(img *image.NRGBA) func([]byte, int, int) {
	n := 4 * img.Rect.Dx()
	return func(dst []byte, y0, y1 int) {
		for y := y0; y < y1; y++ {
			copy(dst[(y-y0)*n:][:n], img.Pix[y*img.Stride:])
		}
	}
}

func rasterOfMask(m *image.Alpha) raster {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if w <= 0 || h <= 0 {
		return raster{1, 1, 1, func(dst []byte, _, _ int) { clear(dst) }}
	}
	return raster{w, h, 1, func(dst []byte, y0, y1 int) {
		for y := y0; y < y1; y++ {
			copy(dst[(y-y0)*w:][:w], m.Pix[y*m.Stride:])
		}
	}}
}
