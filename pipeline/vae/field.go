package vae

import "pentimento/pipeline/tensor"

// field is a picture of features in a block of memory with room around it, into which a
// step may lay its results while it still reads from it: what a tile makes is laid margin
// places up and to the left of where it was read, out of the sight of the tiles to come.
type field struct {
	data       []float32
	planes     int // as many channels as there is room for
	rows, cols int // of the block
	channels   int // the picture's own
	x0, y0     int // where in the block it begins
	w, h       int
}

// newField has room for that many moves up and to the left, and for a margin all around.
func newField(channels, w, h, moves int) *field {
	f := &field{planes: channels, channels: channels, x0: margin * (moves + 1), y0: margin * (moves + 1), w: w, h: h}
	f.cols, f.rows = f.x0+w+margin, f.y0+h+margin
	f.data = make([]float32, channels*f.rows*f.cols)
	return f
}

// fieldOf copies a picture [1,C,h,w].
func fieldOf(t *tensor.Tensor) *field {
	f := newField(t.Shape[1], t.Shape[3], t.Shape[2], 0)
	f.lay(t, 0, 0, f.w, f.h, 0, 0)
	return f
}

// tensor is the picture as [1,C,h,w].
func (f *field) tensor() *tensor.Tensor {
	t := tensor.New(1, f.channels, f.h, f.w)
	f.window(t, 0, 0)
	return t
}

// row is a row of a plane from x on, n places of it; x and y may lie beyond the picture by
// as much as there is room.
func (f *field) row(plane, x, y, n int) []float32 {
	return f.data[(plane*f.rows+f.y0+y)*f.cols+f.x0+x:][:n]
}

// window reads the part of the picture at x, y that is as large as t [1,C,h,w].
func (f *field) window(t *tensor.Tensor, x, y int) {
	h, w := t.Shape[2], t.Shape[3]
	for k := range f.channels {
		for i := range h {
			copy(t.Data[(k*h+i)*w:][:w], f.row(k, x, y+i, w))
		}
	}
}

// lay writes the w × h places of t [1,C,H,W] from left, top on to x, y.
func (f *field) lay(t *tensor.Tensor, left, top, w, h, x, y int) {
	for k := range t.Shape[1] {
		for i := range h {
			copy(f.row(k, x, y+i, w), t.Data[(k*t.Shape[2]+top+i)*t.Shape[3]+left:])
		}
	}
}

// wrap fills the margins with what is at the opposite side.
func (f *field) wrap(x, y bool) {
	for k := range f.channels {
		for i := 0; x && i < f.h; i++ {
			copy(f.row(k, -margin, i, margin), f.row(k, f.w-margin, i, margin))
			copy(f.row(k, f.w, i, margin), f.row(k, 0, i, margin))
		}
		for i := 0; y && i < margin; i++ {
			whole := f.w + 2*margin
			copy(f.row(k, -margin, i-margin, whole), f.row(k, -margin, f.h+i-margin, whole))
			copy(f.row(k, -margin, f.h+i, whole), f.row(k, -margin, i, whole))
		}
	}
}

// moved is the picture that a step lays into the same block while it reads this one.
func (f *field) moved(channels int) *field {
	g := *f
	g.channels, g.x0, g.y0 = channels, f.x0-margin, f.y0-margin
	return &g
}

// holds says whether the result of a step of as large a picture may be laid into the block.
func (f *field) holds(channels int) bool {
	return channels <= f.planes && min(f.x0, f.y0) >= 2*margin
}
