package adjust

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"pentimento/canvas"
	"pentimento/fault"
)

// Options say where a Change works.
type Options struct {
	Within image.Rectangle // document pixels; empty: everywhere
	// Limit is how much of each pixel's change is made, 0..255; nil: all of it.
	Limit *canvas.Grid[canvas.MaskTile]
	// Report (may be nil) hears of the fraction done, from any goroutine.
	Report func(float64)
}

// Layer is s with the Change made to one layer: its tiles, and what the opened picture has
// beyond their 8 bits where the Change is Deep. Fills in the layer stay known. The layer is
// no placed picture any more. It ends early with ctx.Err(); s itself comes back where nothing
// changes. Safe from any goroutine.
func (c *Change) Layer(ctx context.Context, s *canvas.State, id canvas.LayerID, o Options) (*canvas.State, error) {
	l := s.Layer(id)
	if l == nil || c.Nothing() {
		return s, nil
	}
	w := &work{Change: c, ctx: ctx, o: o, l: l, made: map[canvas.TileKey]*canvas.Tile{}}
	w.domain = l.Used()
	if w.domain.Empty() {
		return s, nil
	}
	if b := c.Blur; !b.nothing() && b.Amount == 0 && !b.Edge {
		w.domain = w.domain.Inset(-b.reach())
	}
	w.target = w.domain
	if !o.Within.Empty() {
		w.target = w.target.Intersect(o.Within)
	}
	if o.Limit != nil {
		w.target = w.target.Intersect(o.Limit.Bounds())
	}
	if !c.Blur.nothing() && w.domain.Dx()*w.domain.Dy() > maxBlurred {
		return nil, fault.New(fmt.Sprintf("blur: the layer is %d × %d pixels, want at most %d megapixels", w.domain.Dx(), w.domain.Dy(), maxBlurred>>20), "cut off what lies far away")
	}
	out := *s
	if src := s.Source; src != nil && src.Layer == id && src.Exact != nil && c.Deep() {
		w.exact = newSamples(src.Exact, c.Grey)
		out.Source = &canvas.Source{Profile: src.Profile, Meaning: src.Meaning, Layer: id}
	}
	w.shader = c.shader(w.exact != nil)
	w.run()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(w.made) == 0 && (w.exact == nil || !w.exact.changed.Load()) {
		return s, nil
	}
	if w.exact != nil {
		out.Source.Exact = w.exact.img
	}
	n := *l
	n.Tiles, n.Placed, n.Text = l.Tiles.With(w.made), nil, nil
	out.Layers = slices.Clone(s.Layers)
	out.Layers[s.Index(id)] = &n
	out.Origins = s.Repainted(&n)
	return &out, nil
}

// maxBlurred bounds the area that a blur looks at: also what is blank in it takes memory.
const maxBlurred = 1 << 28

// work is one Change being made.
type work struct {
	*Change
	shader *shader
	ctx    context.Context
	o      Options
	l      *canvas.Layer
	domain image.Rectangle // beyond which there is nothing, or the edge goes on
	target image.Rectangle
	exact  *samples

	mu   sync.Mutex
	made map[canvas.TileKey]*canvas.Tile
	done int
}

// band is how many rows of tiles are worked on at once, at least.
const band = 8

func (w *work) run() {
	rows := map[int32][]canvas.TileKey{}
	all := 0
	target := w.target.Sub(w.l.Offset)
	add := func(k canvas.TileKey) {
		if k.Rect().Overlaps(target) {
			rows[k.Y] = append(rows[k.Y], k)
			all++
		}
	}
	if w.Blur.nothing() { // specks may be far apart
		w.l.Tiles.Each(func(k canvas.TileKey, _ *canvas.Tile) { add(k) })
	} else {
		canvas.KeysIn(target, add)
	}
	order := slices.Sorted(maps.Keys(rows))
	step := len(order)
	if !w.Blur.nothing() {
		step = max(band, w.Blur.reach()/canvas.TileSize)
	}
	for len(order) > 0 && w.ctx.Err() == nil {
		n := min(step, len(order))
		var keys []canvas.TileKey
		var here image.Rectangle
		for _, y := range order[:n] {
			keys = append(keys, rows[y]...)
		}
		for _, k := range keys {
			here = here.Union(k.Rect().Add(w.l.Offset))
		}
		order = order[n:]
		var soft *blurred
		if !w.Blur.nothing() {
			soft = blur(w.l, here.Intersect(w.target), w.domain, w.Blur)
		}
		parallel(len(keys), func(from, to int) {
			for _, k := range keys[from:to] {
				if w.ctx.Err() != nil {
					return
				}
				w.tile(k, soft, all)
			}
		})
	}
}

func (w *work) tile(k canvas.TileKey, soft *blurred, all int) {
	var out canvas.Tile
	old := w.l.Tiles.At(k)
	if old != nil {
		out = *old
	}
	var limit *canvas.MaskTile
	part := k.Rect().Add(w.l.Offset).Intersect(w.target)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			cover := uint8(255)
			if w.o.Limit != nil {
				if at := canvas.KeyAt(image.Pt(x, y)); limit == nil || x == part.Min.X || x&(canvas.TileSize-1) == 0 {
					if limit = w.o.Limit.At(at); limit == nil {
						limit = &nowhere
					}
				}
				cover = limit.Pix[(y&(canvas.TileSize-1))*canvas.TileSize+x&(canvas.TileSize-1)]
			}
			lx, ly := x-w.l.Offset.X, y-w.l.Offset.Y
			p := out.Pix[((ly&(canvas.TileSize-1))*canvas.TileSize+lx&(canvas.TileSize-1))*4:][:4]
			if soft != nil {
				i := 4 * ((y-soft.rect.Min.Y)*soft.rect.Dx() + x - soft.rect.Min.X)
				w.Blur.soft(p, soft.pix[i:i+4], cover)
			}
			if w.exact == nil || !w.exact.change(w.shader, lx, ly, p, cover) {
				w.shader.pixel(p, cover)
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if was := (canvas.Tile{}).Pix; old == nil && !bytes.Equal(out.Pix[:], was[:]) || old != nil && !bytes.Equal(out.Pix[:], old.Pix[:]) {
		w.made[k] = nil
		if !bytes.Equal(out.Pix[:], was[:]) {
			w.made[k] = &out
		}
	}
	if w.done++; w.o.Report != nil && w.done%16 == 0 {
		w.o.Report(float64(w.done) / float64(all))
	}
}

var nowhere canvas.MaskTile

// samples is a changed copy of what an opened picture has beyond its tiles.
type samples struct {
	img     image.Image
	thin    *image.NRGBA
	wide    *image.NRGBA64
	grey    *image.Gray16
	changed atomic.Bool
}

// newSamples copies a Source's Exact; a grey one that would not stay grey gets colours.
func newSamples(img image.Image, grey bool) *samples {
	s := &samples{}
	switch m := img.(type) {
	case *image.NRGBA:
		s.thin = &image.NRGBA{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
		s.img = s.thin
	case *image.NRGBA64:
		s.wide = &image.NRGBA64{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
		s.img = s.wide
	case *image.Gray16:
		if grey {
			s.grey = &image.Gray16{Pix: bytes.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
			s.img = s.grey
			break
		}
		s.wide = image.NewNRGBA64(m.Rect)
		for i := 0; i < len(m.Pix); i += 2 {
			v, o := m.Pix[i:i+2], s.wide.Pix[4*i:4*i+8]
			o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7] = v[0], v[1], v[0], v[1], v[0], v[1], 255, 255
		}
		s.img = s.wide
	default:
		return nil
	}
	return s
}

// change changes the sample at x, y (the layer's own pixel), and the tile's pixel p with it,
// where p is still that sample as tiles hold it; it says whether it was.
func (s *samples) change(by *shader, x, y int, p []uint8, cover uint8) bool {
	if !image.Pt(x, y).In(s.img.Bounds()) {
		return false
	}
	var now [4]uint8
	switch {
	case s.thin != nil:
		at := s.thin.Pix[s.thin.PixOffset(x, y):][:4]
		if canvas.Premultiply(now[:], at); now != [4]uint8(p) {
			return false
		}
		was := [4]uint8(at)
		by.straight(at, cover)
		if was != [4]uint8(at) {
			s.changed.Store(true)
		}
		canvas.Premultiply(p, at)
		return true
	case s.grey != nil:
		at := s.grey.Pix[s.grey.PixOffset(x, y):][:2]
		v := uint16(at[0])<<8 | uint16(at[1])
		if canvas.Narrow([4]uint16{v, v, v, 65535}) != [4]uint8(p) {
			return false
		}
		n := by.word([3]uint16{v, v, v}, cover)[0]
		s.put(at, v, n)
		now = canvas.Narrow([4]uint16{n, n, n, 65535})
	default:
		at := s.wide.Pix[s.wide.PixOffset(x, y):][:8]
		var c [4]uint16
		for i := range c {
			c[i] = uint16(at[2*i])<<8 | uint16(at[2*i+1])
		}
		if canvas.Narrow(c) != [4]uint8(p) {
			return false
		}
		if c[3] != 0 {
			n := by.word([3]uint16(c[:3]), cover)
			for i, v := range n {
				s.put(at[2*i:], c[i], v)
				c[i] = v
			}
		}
		now = canvas.Narrow(c)
	}
	copy(p, now[:])
	return true
}

func (s *samples) put(at []uint8, was, now uint16) {
	if was != now {
		at[0], at[1] = uint8(now>>8), uint8(now)
		s.changed.Store(true)
	}
}
