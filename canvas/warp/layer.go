package warp

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"pentimento/canvas"
	"pentimento/fault"
)

// most is how many pixels a layer may have before and after.
const most = 1 << 27

// Options say how Layer, Selected and Picture work.
type Options struct {
	Filter Filter
	// Within is the only part of the result that is wanted (document pixels): for looking at.
	// Empty: all.
	Within image.Rectangle
	Report func(float64) // may be nil; called from any goroutine
}

// Layer is s with one layer laid elsewhere by m. A placed picture is resampled from its
// original. Where m is the identity s itself comes back; whole pixels only move the layer, and
// flips and quarter turns keep every bit (canvas.Turn), to the nearest whole pixel. Fills stay
// known, and the opened picture keeps its 16 bits a channel. It ends early with ctx.Err(). Safe
// from any goroutine.
func Layer(ctx context.Context, s *canvas.State, id canvas.LayerID, m Map, o Options) (*canvas.State, error) {
	l := s.Layer(id)
	if l == nil || m == Identity || l.Tiles.Len() == 0 && l.Mask == nil {
		return s, nil
	}
	if l.Tiles.Len() == 0 {
		return masked(ctx, s, l, m, o.Report)
	}
	if o.Within.Empty() || m.affine() && m[0] == 1 && m[4] == 1 && m[1] == 0 && m[3] == 0 {
		if out := whole(s, l, m); out != nil {
			return out, nil
		}
	}
	used, rect, to := l.Used(), l.Used(), m
	var pix []uint8
	if p := l.Placed; p != nil && o.Within.Empty() {
		rect = p.Source.Rect
		pix = make([]uint8, len(p.Source.Pix))
		canvas.Premultiply(pix, p.Source.Pix)
		to = fit(rect, p.Rect).Then(m)
	}
	back, target, part, err := reach(to, rect, o.Within)
	if err != nil {
		return nil, err
	}
	report := o.Report
	o.Report = stage(report, 0, 0.8)
	n, out := *l, *s
	n.Offset, n.Placed, n.Text = image.Point{}, nil, nil
	switch f := s.Source; {
	case pix == nil && o.Within.Empty() && f.Deep() && f.Layer == id:
		n.Offset = target.Min
		n.Tiles, out.Source, err = deepened(ctx, s, l, back, target, o)
	case pix == nil:
		pix = make([]uint8, 4*part.Dx()*part.Dy())
		l.Read(pix, 4*part.Dx(), part)
		fallthrough
	default:
		if f != nil && f.Exact != nil && f.Layer == id {
			out.Source = &canvas.Source{Profile: f.Profile, Meaning: f.Meaning, Layer: id}
		}
		n.Tiles, err = resampled(ctx, pix, part, rect, back, target, o)
	}
	if err != nil {
		return nil, err
	}
	if n.Mask, err = layerMask(ctx, l, m.Then(Move(-float64(n.Offset.X), -float64(n.Offset.Y))), stage(report, 0.8, 0.9)); err != nil {
		return nil, err
	}
	if p := l.Placed; p != nil && m.affine() && m[1] == 0 && m[3] == 0 && m[0] > 0 && m[4] > 0 && wholeRect(to, rect, target) {
		n.Placed = &canvas.Placed{Source: p.Source, Rect: target}
	}
	out.Layers = slices.Clone(s.Layers)
	out.Layers[s.Index(id)] = &n
	out.Origins, err = origins(ctx, s, &n, m, used, stage(report, 0.9, 1))
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// stage is what hears of a part of the work, from one fraction of all to another; nil of nobody.
func stage(report func(float64), from, to float64) func(float64) {
	if report == nil {
		return nil
	}
	return func(f float64) { report(from + f*(to-from)) }
}

// reach is the way back from where m lays rect, where that is, and what of rect is read for it;
// a within that is not empty limits both.
func reach(m Map, rect, within image.Rectangle) (back Map, target, part image.Rectangle, err error) {
	if back, err = m.Back(); err != nil {
		return
	}
	if target, err = m.bounds(rect, most); err != nil {
		return
	}
	part = rect
	if !within.Empty() {
		target = target.Intersect(within)
		part = seen(back, rect, target)
	}
	return back, target, part, affordable(part)
}

// seen is what of rect is needed for target, and some pixels around it for the filter.
func seen(back Map, rect, target image.Rectangle) image.Rectangle {
	part := rect
	if r, err := back.bounds(target, math.MaxInt); err == nil {
		part = r.Inset(-8 - r.Dx()*8/(target.Dx()+1)).Intersect(rect)
	}
	if part.Empty() {
		part = image.Rectangle{rect.Min, rect.Min.Add(image.Pt(1, 1))}
	}
	return part
}

// affordable is an error where r has more pixels than are read at once.
func affordable(r image.Rectangle) error {
	if r.Dx() > math.MaxInt32 || r.Dy() > math.MaxInt32 || r.Dx()*r.Dy() > most {
		return fmt.Errorf("transform: the layer has %d × %d pixels, want at most %d megapixels", r.Dx(), r.Dy(), most>>20)
	}
	return nil
}

// masked lays the mask alone of a group, or of an empty layer, elsewhere.
func masked(ctx context.Context, s *canvas.State, l *canvas.Layer, m Map, report func(float64)) (*canvas.State, error) {
	mask, err := layerMask(ctx, l, m, report)
	if err != nil {
		return nil, err
	}
	n := *l
	n.Offset, n.Mask = image.Point{}, mask
	out := *s
	out.Layers = slices.Clone(s.Layers)
	out.Layers[s.Index(l.ID)] = &n
	return &out, nil
}

// layerMask is a layer's mask laid elsewhere with it, in document pixels.
func layerMask(ctx context.Context, l *canvas.Layer, m Map, report func(float64)) (*canvas.LayerMask, error) {
	if l.Mask == nil {
		return nil, nil
	}
	m = Move(float64(l.Offset.X), float64(l.Offset.Y)).Then(m)
	back, err := m.Back()
	if err != nil {
		return nil, err
	}
	n := *l.Mask
	n.Tiles, err = cover(ctx, l.Mask.Tiles, canvas.CoverUsed(l.Mask.Tiles), m, back, image.Rectangle{}, report)
	return &n, err
}

// fit takes a rectangle to another.
func fit(from, to image.Rectangle) Map {
	return Move(-float64(from.Min.X), -float64(from.Min.Y)).Then(Scale(float64(to.Dx())/float64(from.Dx()), float64(to.Dy())/float64(from.Dy()))).
		Then(Move(float64(to.Min.X), float64(to.Min.Y)))
}

// wholeRect says whether rect goes to whole pixels.
func wholeRect(m Map, rect, target image.Rectangle) bool {
	a, b := m.At(Point{float64(rect.Min.X), float64(rect.Min.Y)}), m.At(Point{float64(rect.Max.X), float64(rect.Max.Y)})
	off := func(v float64, n int) bool { return math.Abs(v-float64(n)) > 1e-4 }
	return !off(a.X, target.Min.X) && !off(a.Y, target.Min.Y) && !off(b.X, target.Max.X) && !off(b.Y, target.Max.Y)
}

// whole is the change where no pixel has to be made: a move by whole pixels, a flip or a
// quarter turn; else nil.
func whole(s *canvas.State, l *canvas.Layer, m Map) *canvas.State {
	if !m.affine() || m[8] != 1 {
		return nil
	}
	near := func(v, w float64) bool { return math.Abs(v-w) < 1e-9 }
	is := func(a, b, c, d float64) bool { return near(m[0], a) && near(m[1], b) && near(m[3], c) && near(m[4], d) }
	out := s
	u := l.Used()
	c := m.At(Point{float64(u.Min.X+u.Max.X) / 2, float64(u.Min.Y+u.Max.Y) / 2})
	size := u.Size()
	switch {
	case is(1, 0, 0, 1):
		if !near(m[2], math.Round(m[2])) || !near(m[5], math.Round(m[5])) {
			return nil
		}
	case is(-1, 0, 0, 1):
		out = s.TurnedLayer(canvas.FlipHorizontal, l.ID)
	case is(1, 0, 0, -1):
		out = s.TurnedLayer(canvas.FlipVertical, l.ID)
	case is(-1, 0, 0, -1):
		out = s.TurnedLayer(canvas.TurnAround, l.ID)
	case is(0, -1, 1, 0):
		out, size = s.TurnedLayer(canvas.TurnRight, l.ID), image.Pt(u.Dy(), u.Dx())
	case is(0, 1, -1, 0):
		out, size = s.TurnedLayer(canvas.TurnLeft, l.ID), image.Pt(u.Dy(), u.Dx())
	default:
		return nil
	}
	at := image.Pt(int(math.Round(c.X-float64(size.X)/2)), int(math.Round(c.Y-float64(size.Y)/2)))
	return moved(out, l.ID, at.Sub(out.Layer(l.ID).Used().Min))
}

// moved moves a layer, its fills and its placed picture with it.
func moved(s *canvas.State, id canvas.LayerID, by image.Point) *canvas.State {
	if by == (image.Point{}) {
		return s
	}
	n := *s.Layer(id)
	n.Offset = n.Offset.Add(by)
	if n.Placed != nil {
		n.Placed = &canvas.Placed{Source: n.Placed.Source, Rect: n.Placed.Rect.Add(by)}
	}
	out := *s
	out.Layers = slices.Clone(s.Layers)
	out.Layers[s.Index(id)] = &n
	return &out
}

// resampled makes the tiles of target.
func resampled(ctx context.Context, pix []uint8, part, rect image.Rectangle, back Map, target image.Rectangle, o Options) (canvas.Grid[canvas.Tile], error) {
	var keys []canvas.TileKey
	canvas.KeysIn(target, func(k canvas.TileKey) { keys = append(keys, k) })
	made, err := tiled(ctx, keys, o.Report, func() func(canvas.TileKey) *canvas.Tile {
		sm := newSampler(pix, part, rect, back, o.Filter)
		return func(k canvas.TileKey) *canvas.Tile {
			t := &canvas.Tile{}
			r := k.Rect().Intersect(target)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				sm.row(t.Pix[inTile(r.Min.X, y):][:4*r.Dx()], r.Min.X, r.Max.X, y)
			}
			return t
		}
	})
	return canvas.Grid[canvas.Tile]{}.With(made), err
}

// inTile is where a pixel, of a grid's own coordinates, lies in its tile.
func inTile(x, y int) int {
	const in = canvas.TileSize - 1
	return 4 * ((y&in)*canvas.TileSize + x&in)
}

// tiled makes tiles on all cores, blank ones are nil; each goroutine gets a maker of its own.
func tiled[T comparable](ctx context.Context, keys []canvas.TileKey, report func(float64), maker func() func(canvas.TileKey) *T) (map[canvas.TileKey]*T, error) {
	var blank T
	tiles := make([]*T, len(keys))
	var next, done atomic.Int64
	var wg fault.Group
	for range min(runtime.GOMAXPROCS(0), len(keys)) {
		wg.Go(func() {
			tile := maker()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(keys) || ctx.Err() != nil {
					return
				}
				if t := tile(keys[i]); t != nil && *t != blank {
					tiles[i] = t
				}
				if n := done.Add(1); report != nil && n%16 == 0 {
					report(float64(n) / float64(len(keys)))
				}
			}
		})
	}
	wg.Wait()
	made := map[canvas.TileKey]*T{}
	for i, k := range keys {
		made[k] = tiles[i]
	}
	return made, ctx.Err()
}
