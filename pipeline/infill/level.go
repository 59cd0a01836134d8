package infill

import (
	"context"
	"image"
	"sort"
)

// side is the patch width and height in pixels, at every level. A patch is named by its
// anchor, the index of its upper left pixel.
const side = 8

// pad is the border of a level: every patch that touches a hole at the picture's edge
// must lie inside the level, and every patch over a pixel of such a patch.
const pad = 2 * side

// lane is the distance in bits of the numbers packed in one word. A word holds two
// numbers for the patch distance (one multiplication squares both) and three for voting.
const (
	lane     = 21
	laneMask = 1<<lane - 1
)

// state says what a pixel of a level is.
type state uint8

const (
	nothing state = iota // outside the picture or blank: never a source, never an aim
	known                // may be copied from
	hole                 // to be filled
)

// level is one size of the picture during completion. Index of pixel (x, y): y*w+x, the
// picture begins at (pad, pad).
type level struct {
	w, h   int      // of the level
	pw, ph int      // of the picture in it
	pix    []uint64 // premultiplied R, G, B (0..255), a lane each
	alpha  []uint8  // nil where every known pixel is opaque
	state  []state

	// What the patch distance reads, see refresh.
	luma, chroma, cover []int64

	valid    []bool  // anchor of a patch of known pixels only: a source
	sourceAt []int32 // how many are in the rows above a row
	targets  []int32 // anchors of patches that touch the hole, ascending
	rowAt    []int32 // targets[rowAt[y]:rowAt[y+1]] have their upper edge in row y
	todo     []int32 // pixels to be voted on: not known, in a target patch
	inner    image.Rectangle

	frames  []frame // see frame; frames[0] is the picture
	frameAt []uint8 // by row: index in frames

	match  []int32 // by anchor: the source anchor of a target, -1 for the rest
	before []int32 // match as it was when a sweep began
	cost   []int32 // by anchor: patch distance to match
	weight []uint8 // by anchor: the weight of its vote
	open   []bool  // by pixel: has a colour; only while peeling
	filled []uint8 // by anchor: pixels that have a colour; only while peeling
	depth  []uint8 // by pixel: distance to the nearest known pixel, in steps, at most 255
	plain  bool    // most of the finished hole is a smooth surface that goes on from the border
}

// newLevel makes an empty level for a picture of w × h pixels.
func newLevel(w, h int, opaque bool) *level {
	l := &level{w: w + 2*pad, h: h + 2*pad, pw: w, ph: h}
	l.frames = []frame{{scale{1, 1}, image.Rect(pad, pad, pad+w, pad+h), image.Point{}}}
	l.frameAt = make([]uint8, l.h)
	n := l.w * l.h
	l.pix, l.state = make([]uint64, n), make([]state, n)
	if !opaque {
		l.alpha = make([]uint8, n)
	}
	return l
}

// levelOf reads box of a picture and its mask at full size.
func levelOf(img *image.NRGBA, mask *image.Alpha, box image.Rectangle) *level {
	opaque := true
	for y := box.Min.Y; y < box.Max.Y && opaque; y++ {
		px := img.Pix[img.PixOffset(box.Min.X, y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, y):]
		for x := range box.Dx() {
			if a := px[4*x+3]; a != 0 && a != 255 && m[x] == 0 {
				opaque = false
				break
			}
		}
	}
	l := newLevel(box.Dx(), box.Dy(), opaque)
	for y := range box.Dy() {
		px := img.Pix[img.PixOffset(box.Min.X, box.Min.Y+y):]
		m := mask.Pix[mask.PixOffset(box.Min.X, box.Min.Y+y):]
		o := (y+pad)*l.w + pad
		for x := range box.Dx() {
			p := px[4*x:][:4]
			switch {
			case m[x] != 0:
				l.state[o+x] = hole
			case p[3] != 0:
				l.state[o+x] = known
				l.pix[o+x] = pack(times(p[0], p[3]), times(p[1], p[3]), times(p[2], p[3]))
				if l.alpha != nil {
					l.alpha[o+x] = p[3]
				}
			}
		}
	}
	return l
}

// half makes the next coarser level. A pixel is hole when any of its four is, known when
// the rest of them holds a known one.
func (l *level) half(ctx context.Context) (*level, error) {
	w, h := l.pw, l.ph
	d := newLevel((w+1)/2, (h+1)/2, l.alpha == nil)
	err := chunks(ctx, (h+1)/2, 32, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range (w + 1) / 2 {
				i := (2*y+pad)*l.w + 2*x + pad
				d.average((y+pad)*d.w+x+pad, l, [4]int{i, i + 1, i + l.w, i + l.w + 1})
			}
		}
	})
	return d, err
}

// average sets pixel i of d from four pixels of l.
func (d *level) average(i int, l *level, from [4]int) {
	var sum, n uint64
	var a, holes int
	for _, j := range from {
		switch l.state[j] {
		case hole:
			holes++
		case known:
			sum += l.pix[j]
			n++
			if l.alpha != nil {
				a += int(l.alpha[j])
			}
		}
	}
	if holes > 0 {
		d.state[i] = hole
	} else if n > 0 {
		d.state[i] = known
	}
	if n == 0 {
		return
	}
	r, g, b := unpack(sum)
	d.pix[i] = pack((r+n/2)/n, (g+n/2)/n, (b+n/2)/n)
	if d.alpha != nil {
		d.alpha[i] = uint8((a + int(n)/2) / int(n))
	}
}

func pack(r, g, b uint64) uint64 { return r | g<<lane | b<<(2*lane) }

func unpack(p uint64) (r, g, b uint64) { return p & laneMask, p >> lane & laneMask, p >> (2 * lane) }

// times premultiplies with rounding.
func times(c, a uint8) uint64 { return (uint64(c)*uint64(a) + 127) / 255 }

// prepare lists sources, targets and pixels to vote on.
func (l *level) prepare(ctx context.Context) error {
	n := l.w * l.h
	l.valid, l.match, l.cost, l.weight = make([]bool, n), make([]int32, n), make([]int32, n), make([]uint8, n)
	l.rowAt, l.sourceAt = make([]int32, l.h+1), make([]int32, l.h+1)
	for a := range l.match {
		l.match[a] = -1
	}
	holes, others := make([]uint8, l.w), make([]uint8, l.w) // by column, in the rows of a patch
	for y := range l.h {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.rowAt[y], l.sourceAt[y+1] = int32(len(l.targets)), l.sourceAt[y]
		if y > l.h-side {
			continue
		}
		l.countColumns(y, holes, others)
		var hole, other int
		for x := range l.w {
			hole, other = hole+int(holes[x]), other+int(others[x])
			if x >= side {
				hole, other = hole-int(holes[x-side]), other-int(others[x-side])
			}
			if x < side-1 {
				continue
			}
			a := y*l.w + x - side + 1
			if other == 0 {
				l.valid[a] = true
				l.sourceAt[y+1]++
			} else if hole > 0 {
				l.targets = append(l.targets, int32(a))
			}
		}
	}
	l.rowAt[l.h] = int32(len(l.targets))
	l.listTodo()
	l.measureDepth()
	return ctx.Err()
}

// countColumns counts, by column, the pixels of rows y … y+side-1 that are hole and those that
// are not known; it is called for one row after another.
func (l *level) countColumns(y int, holes, others []uint8) {
	add := func(row int, n uint8) {
		for x, s := range l.state[row*l.w:][:l.w] {
			if s != known {
				others[x] += n
			}
			if s == hole {
				holes[x] += n
			}
		}
	}
	if y > 0 {
		add(y-1, ^uint8(0)) // less one
		add(y+side-1, 1)
		return
	}
	for row := range side {
		add(row, 1)
	}
}

// sources is how many anchors are valid.
func (l *level) sources() int { return int(l.sourceAt[l.h]) }

// source is the k-th valid anchor.
func (l *level) source(k int32) int32 {
	y := sort.Search(l.h, func(y int) bool { return l.sourceAt[y+1] > k })
	k -= l.sourceAt[y]
	for a := y * l.w; ; a++ {
		if l.valid[a] {
			if k == 0 {
				return int32(a)
			}
			k--
		}
	}
}

// measureDepth is a chessboard distance transform in two passes.
func (l *level) measureDepth() {
	l.depth = make([]uint8, l.w*l.h)
	near := func(i, step, row int) uint8 {
		best := uint8(254)
		for _, j := range [...]int{i + step, i + row - 1, i + row, i + row + 1} {
			if j >= 0 && j < len(l.depth) {
				best = min(best, l.depth[j])
			}
		}
		return best + 1
	}
	for i := range l.depth {
		l.depth[i] = 255
		if l.state[i] == known {
			l.depth[i] = 0
		} else {
			l.depth[i] = near(i, -1, -l.w)
		}
	}
	for i := len(l.depth) - 1; i >= 0; i-- {
		if l.state[i] != known {
			l.depth[i] = min(l.depth[i], near(i, 1, l.w))
		}
	}
}

// listTodo marks the pixels under target patches and lists those that are not known.
func (l *level) listTodo() {
	under := make([]bool, l.w*l.h)
	for _, a := range l.targets {
		for r := range side {
			row := under[int(a)+r*l.w:][:side]
			for i := range row {
				row[i] = true
			}
		}
	}
	for i, u := range under {
		if u && l.state[i] != known {
			l.todo = append(l.todo, int32(i))
			x, y := i%l.w, i/l.w
			l.inner = l.inner.Union(image.Rect(x, y, x+1, y+1))
		}
	}
}

// refresh recomputes what the patch distance reads inside r (level coordinates):
//
//	luma   Y(x,y) and Y(x,y+1) in one word, Y = (R+2G+B)/4
//	chroma Co = (R−B)/2 and Cg = (2G−R−B)/4 in one word
//	cover  alpha(x,y) and alpha(x,y+1), where alpha is not 255 everywhere
func (l *level) refresh(ctx context.Context, r image.Rectangle) error {
	n := l.w * l.h
	if l.luma == nil {
		l.luma, l.chroma = make([]int64, n), make([]int64, n)
		if l.alpha != nil {
			l.cover = make([]int64, n)
		}
	}
	r = r.Intersect(image.Rect(0, 0, l.w, l.h))
	return chunks(ctx, r.Dy(), 16, func(y0, y1 int) {
		for y := r.Min.Y + y0; y < r.Min.Y+y1; y++ {
			i := y*l.w + r.Min.X
			below := i + l.w
			if y == l.h-1 {
				below = i
			}
			for range r.Dx() {
				cr, cg, cb := unpack(l.pix[i])
				br, bg, bb := unpack(l.pix[below])
				l.luma[i] = int64(cr+2*cg+cb+2)>>2 + int64(br+2*bg+bb+2)>>2<<lane
				co, cgr := (int64(cr)-int64(cb))/2, (2*int64(cg)-int64(cr)-int64(cb))/4
				l.chroma[i] = co + cgr<<lane
				if l.cover != nil {
					l.cover[i] = int64(l.alpha[i]) + int64(l.alpha[below])<<lane
				}
				i++
				below++
			}
		}
	})
}
