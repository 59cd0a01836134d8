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
	widen := widening(l, s.Source.Exact)
	for y := range rect.Dy() {
		if ctx.Err() != nil {
			return l.Tiles, nil, ctx.Err()
		}
		widen(pix[4*y*rect.Dx():][:4*rect.Dx()], image.Pt(rect.Min.X, rect.Min.Y+y))
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
	if err != nil {
		return l.Tiles, nil, err
	}
	return canvas.Grid[canvas.Tile]{}.With(made), s.Source.With(img), ctx.Err()
}

// widening reads rows of a layer's pixels from a document pixel on, of 16 bits and premultiplied:
// those of exact where the layer still holds them. Each goroutine has its own.
func widening(l *canvas.Layer, exact image.Image) func(dst []uint16, at image.Point) {
	var line []uint8
	return func(dst []uint16, at image.Point) {
		line = append(line[:0], make([]uint8, len(dst))...)
		l.Read(line, len(line), row(at, len(dst)/4))
		at = at.Sub(l.Offset)
		for i := 0; i < len(dst); i += 4 {
			p := [4]uint8(line[i:])
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

// grown is a copy of a picture with room around it: r holds the picture.
func grown(ctx context.Context, img image.Image, r image.Rectangle) (*image.NRGBA64, error) {
	out, in := image.NewNRGBA64(r), img.Bounds()
	for y := in.Min.Y; y < in.Max.Y; y++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		to := out.Pix[out.PixOffset(in.Min.X, y):][:8*in.Dx()]
		switch m := img.(type) {
		case *image.NRGBA64:
			copy(to, m.Pix[m.PixOffset(in.Min.X, y):])
		case *image.Gray16:
			from := m.Pix[m.PixOffset(in.Min.X, y):]
			for i := 0; i < len(to); i += 8 {
				a, b := from[i/4], from[i/4+1]
				copy(to[i:], []uint8{a, b, a, b, a, b, 255, 255})
			}
		}
	}
	return out, nil
}

// trimmed is a picture without the rows and columns at its edges whose samples are all 0: they
// say no more than that nothing is there. At least a pixel stays.
func trimmed(img *image.NRGBA64) *image.NRGBA64 {
	r := img.Rect
	blank := func(part image.Rectangle) bool {
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for _, v := range img.Pix[img.PixOffset(part.Min.X, y):][:8*part.Dx()] {
				if v != 0 {
					return false
				}
			}
		}
		return true
	}
	for r.Dy() > 1 && blank(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1)) {
		r.Min.Y++
	}
	for r.Dy() > 1 && blank(image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y)) {
		r.Max.Y--
	}
	for r.Dx() > 1 && blank(image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y)) {
		r.Min.X++
	}
	for r.Dx() > 1 && blank(image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y)) {
		r.Max.X--
	}
	if r == img.Rect {
		return img
	}
	out := image.NewNRGBA64(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(r.Min.X, y):][:8*r.Dx()], img.Pix[img.PixOffset(r.Min.X, y):])
	}
	return out
}

// narrow puts a premultiplied pixel of 16 bits into dst, as tiles hold it, and into img where
// that has room for it: what was painted beside the opened picture has 8 bits.
func narrow(dst []uint8, img *image.NRGBA64, at image.Point, c [4]uint16) {
	if a := uint32(c[3]); a != 0 && a != 65535 {
		for n := range 3 {
			c[n] = uint16(min((uint32(c[n])*65535+a/2)/a, 65535))
		}
	}
	if at.In(img.Rect) {
		p := img.Pix[img.PixOffset(at.X, at.Y):][:8]
		for n, v := range c {
			p[2*n], p[2*n+1] = uint8(v>>8), uint8(v)
		}
	}
	now := canvas.Narrow(c)
	copy(dst, now[:])
}
