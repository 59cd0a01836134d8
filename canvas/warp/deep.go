package warp

import (
	"context"
	"image"

	"pentimento/canvas"
)

// deepened is the pixels of target made from all that the opened picture's layer has, 16 bits a
// channel where the picture still is as it was opened: tiles, in coordinates that begin at
// target's corner, and the Source that goes with them.
func deepened(ctx context.Context, s *canvas.State, l *canvas.Layer, back Map, target image.Rectangle, o Options) (canvas.Grid[canvas.Tile], *canvas.Source, error) {
	rect := l.Used()
	pix := make([]uint16, 4*rect.Dx()*rect.Dy())
	for y := range rect.Dy() {
		if ctx.Err() != nil {
			return l.Tiles, nil, ctx.Err()
		}
		widen(pix[4*y*rect.Dx():][:4*rect.Dx()], l, s.Source.Exact, image.Pt(rect.Min.X, rect.Min.Y+y))
	}
	img := image.NewNRGBA64(image.Rectangle{Max: target.Size()})
	var keys []canvas.TileKey
	canvas.KeysIn(img.Rect, func(k canvas.TileKey) { keys = append(keys, k) })
	made, err := tiled(ctx, keys, o.Report, func() func(canvas.TileKey) *canvas.Tile {
		sm, row := newSampler(pix, rect, rect, back, o.Filter), make([]uint16, 4*canvas.TileSize)
		return func(k canvas.TileKey) *canvas.Tile {
			t := &canvas.Tile{}
			r := k.Rect().Intersect(img.Rect)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				sm.row(row[:4*r.Dx()], r.Min.X+target.Min.X, r.Max.X+target.Min.X, y+target.Min.Y)
				for x := range r.Dx() {
					narrow(t.Pix[inTile(r.Min.X+x, y):], img, image.Pt(r.Min.X+x, y), [4]uint16(row[4*x:]))
				}
			}
			return t
		}
	})
	return canvas.Grid[canvas.Tile]{}.With(made), sourceOf(s.Source, img), err
}

// sourceOf is a Source with other samples: grey ones again where they were and still are grey.
func sourceOf(f *canvas.Source, img *image.NRGBA64) *canvas.Source {
	out := &canvas.Source{Profile: f.Profile, Meaning: f.Meaning, Layer: f.Layer, Exact: img}
	if _, grey := f.Exact.(*image.Gray16); !grey {
		return out
	}
	as := image.NewGray16(img.Rect)
	for i := 0; i < len(img.Pix); i += 8 {
		p := [8]uint8(img.Pix[i:])
		if p != [8]uint8{p[0], p[1], p[0], p[1], p[0], p[1], 255, 255} {
			return out
		}
		copy(as.Pix[i/4:], p[:2])
	}
	out.Exact = as
	return out
}

// widen fills dst with a row of a layer's pixels from at (document pixels) on, of 16 bits and
// premultiplied: those of exact where the layer still holds them.
func widen(dst []uint16, l *canvas.Layer, exact image.Image, at image.Point) {
	row := make([]uint8, len(dst))
	l.Read(row, len(row), image.Rectangle{at, at.Add(image.Pt(len(dst)/4, 1))})
	at = at.Sub(l.Offset)
	for i := 0; i < len(dst); i += 4 {
		p := [4]uint8(row[i:])
		c, ok := straightAt(exact, at.Add(image.Pt(i/4, 0)))
		if ok && canvas.Narrow(c) == p {
			for n := range 3 {
				c[n] = uint16((uint32(c[n])*uint32(c[3]) + 32767) / 65535)
			}
			copy(dst[i:], c[:])
			continue
		}
		for n, v := range p {
			dst[i+n] = uint16(v) * 257
		}
	}
}

// straightAt is a sample of 16 bits; false outside of the picture.
func straightAt(img image.Image, at image.Point) (c [4]uint16, ok bool) {
	if !at.In(img.Bounds()) {
		return c, false
	}
	switch m := img.(type) {
	case *image.NRGBA64:
		p := m.Pix[m.PixOffset(at.X, at.Y):][:8]
		for n := range c {
			c[n] = uint16(p[2*n])<<8 | uint16(p[2*n+1])
		}
	case *image.Gray16:
		v := m.Gray16At(at.X, at.Y).Y
		c = [4]uint16{v, v, v, 65535}
	}
	return c, true
}

// grown is a copy of a picture with room around it.
func grown(img image.Image, r image.Rectangle) *image.NRGBA64 {
	out, in := image.NewNRGBA64(r), img.Bounds()
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			c, _ := straightAt(img, image.Pt(x, y))
			put(out, image.Pt(x, y), c)
		}
	}
	return out
}

func put(img *image.NRGBA64, at image.Point, c [4]uint16) {
	p := img.Pix[img.PixOffset(at.X, at.Y):][:8]
	for n, v := range c {
		p[2*n], p[2*n+1] = uint8(v>>8), uint8(v)
	}
}

// narrow puts a premultiplied pixel of 16 bits into img and, as tiles hold it, into dst.
func narrow(dst []uint8, img *image.NRGBA64, at image.Point, c [4]uint16) {
	if a := uint32(c[3]); a != 0 && a != 65535 {
		for n := range 3 {
			c[n] = uint16(min((uint32(c[n])*65535+a/2)/a, 65535))
		}
	}
	put(img, at, c)
	now := canvas.Narrow(c)
	copy(dst, now[:])
}
