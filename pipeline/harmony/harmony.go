// Package harmony makes a layer look as if it belonged to the picture below it, without a
// network: its colours come nearer to those around it, its edge takes on what it lies on,
// and it casts a soft shadow. The picture below is never changed.
//
// Start at New, which measures a layer and what is below it, then Scene.Layer and
// Scene.Shadow, which are quick, so that a slider can be followed; Over does all of it to
// two pictures. colour.go moves statistics (Reinhard, Ashikhmin, Gooch, Shirley 2001: mean
// and deviation along axes that do not depend on each other), seam.go works in the gradient
// domain (Pérez, Gangnet, Blake 2003), shadow.go lays the outline down on the ground.
//
// 2026-11-28: the axes are OKLab's (Ottosson 2020) and not the paper's lαβ, whose logarithm
// makes of dark noise large differences. Lengths are shares of the layer's size, so that a
// preview at half the size shows the same.
package harmony

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/pixels"
)

// Look is how much of what is done to a layer. The zero Look does nothing.
type Look struct {
	Strength  float64 `json:"strength"`  // 0..1 of all three:
	Colour    float64 `json:"colour"`    // 0..1: as far as the colours go toward those around the layer
	Seam      float64 `json:"seam"`      // 0..1: as far as the edge goes toward what it lies on
	Shadow    float64 `json:"shadow"`    // 0..1: how dark the shadow is
	Width     float64 `json:"width"`     // how far from the edge the seam reaches, 0..1 of the shorter side; 1: all of the layer
	Direction float64 `json:"direction"` // where the shadow falls, degrees clockwise: 0 up, 90 to the right
	Length    float64 `json:"length"`    // of the shadow, 0..2 of the layer's height
	Softness  float64 `json:"softness"`  // over what the shadow fades, 0..1 of the shorter side
}

// Number is one of a Look's: its name, where it is, and how far it goes from 0.
type Number struct {
	Name  string
	Value *float64
	Most  float64
}

// Numbers are all of a Look's, in their order.
func (l *Look) Numbers() []Number {
	return []Number{
		{"strength", &l.Strength, 1}, {"colour", &l.Colour, 1}, {"seam", &l.Seam, 1}, {"seam-width", &l.Width, 1},
		{"shadow", &l.Shadow, 1}, {"direction", &l.Direction, 360}, {"length", &l.Length, 2}, {"softness", &l.Softness, 1},
	}
}

// Check says which number is out of bounds.
func (l Look) Check() error {
	for _, n := range l.Numbers() {
		if !(*n.Value >= 0 && *n.Value <= n.Most) {
			return fmt.Errorf("harmonise: %s %g, want 0 to %g", n.Name, *n.Value, n.Most)
		}
	}
	return nil
}

// Default suits a thing that was cut out and stands on something.
var Default = Look{Strength: 1, Colour: 0.5, Seam: 0.4, Shadow: 0.6, Width: 0.06, Direction: 120, Length: 0.4, Softness: 0.06}

// Scene is a layer and the picture below it, measured. It is not written once made but for
// what is kept of the seam; any goroutine may use it.
type Scene struct {
	layer *image.NRGBA
	below *image.NRGBA
	cover *image.Alpha    // what of the layer is seen; the bounds are layer's
	box   image.Rectangle // of what is seen at least half; empty: nothing is
	tones toning
	mu    sync.Mutex
	seam  *seam // nil: not wanted yet
}

// New measures. Both pictures have straight alpha and bounds in the same coordinates; below
// may be larger or smaller and should hold what is around the layer. mask (nil: all) hides
// parts of the layer and holds its bounds. None of them may be written later.
func New(layer, below *image.NRGBA, mask *image.Alpha) *Scene {
	s := &Scene{layer: layer, below: below, cover: image.NewAlpha(layer.Rect)}
	w := layer.Rect.Dx()
	pixels.InParallel(layer.Rect.Dy(), func(y int) {
		row, src := s.cover.Pix[y*s.cover.Stride:][:w], layer.Pix[y*layer.Stride:][:4*w]
		for x := range row {
			row[x] = src[4*x+3]
		}
		if mask != nil {
			shows := mask.Pix[mask.PixOffset(layer.Rect.Min.X, layer.Rect.Min.Y+y):][:w]
			for x := range row {
				row[x] = uint8((uint32(row[x])*uint32(shows[x]) + 127) / 255)
			}
		}
	})
	s.box = pixels.BoundsWhere(s.cover.Rect, func(x, y int) bool { return s.cover.AlphaAt(x, y).A >= 128 })
	s.tones = s.measure()
	return s
}

// Layer is the part of the layer inside within (empty: all), harmonised: its transparency is
// as it was, and where the Look asks for nothing so is every bit. It ends early with ctx.Err().
func (s *Scene) Layer(ctx context.Context, l Look, within image.Rectangle) (*image.NRGBA, error) {
	r := s.layer.Rect
	if !within.Empty() {
		r = r.Intersect(within)
	}
	out := pixels.Crop(s.layer, r)
	colour, edge := part(l.Colour, l.Strength), part(l.Seam, l.Strength)
	if s.box.Empty() || colour == 0 && edge == 0 {
		return out, ctx.Err()
	}
	var seam *seam
	if edge > 0 {
		var err error
		if seam, err = s.solved(ctx); err != nil {
			return nil, err
		}
	}
	reach := s.shorter() * l.Width
	if l.Width >= 1 {
		reach = math.Inf(1)
	}
	pixels.InParallel(r.Dy(), func(y int) {
		if ctx.Err() != nil {
			return
		}
		row := out.Pix[y*out.Stride:][:4*r.Dx()]
		for x := range r.Dx() {
			p := row[4*x : 4*x+4]
			if p[3] == 0 {
				continue
			}
			v := [3]float64{float64(p[0]), float64(p[1]), float64(p[2])}
			if colour > 0 {
				full := s.tones.pixel([3]uint8(p))
				for k := range v {
					v[k] += colour * (full[k] - v[k])
				}
			}
			if seam != nil {
				seam.add(&v, r.Min.X+x, r.Min.Y+y, colour, edge, reach)
			}
			for k := range v {
				p[k] = uint8(min(max(v[k]+0.5, 0), 255))
			}
		}
	})
	return out, ctx.Err()
}

// solved is the seam, solved when it is first wanted.
func (s *Scene) solved(ctx context.Context) (*seam, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seam == nil {
		m, err := s.newSeam(ctx)
		if err != nil {
			return nil, err
		}
		s.seam = m
	}
	return s.seam, nil
}

// shorter is the shorter side of what is seen of the layer.
func (s *Scene) shorter() float64 { return float64(min(s.box.Dx(), s.box.Dy())) }

// part is a share of a share, 0..1.
func part(a, b float64) float64 { return min(max(a, 0), 1) * min(max(b, 0), 1) }

// Over lays a layer over the picture below it, harmonised and with its shadow: the picture
// that results has below's bounds, and where neither layer nor shadow is, its every bit. It
// ends early with ctx.Err().
func Over(ctx context.Context, below, layer *image.NRGBA, l Look) (*image.NRGBA, error) {
	if !layer.Rect.Overlaps(below.Rect) {
		return nil, fault.New("harmonise: the layer lies beside the picture, want it over it", "place it elsewhere")
	}
	s := New(layer, below, nil)
	if s.box.Empty() {
		return nil, fault.New("harmonise: the layer is empty, or all of it is more than half transparent", "want a picture with a thing that was cut out")
	}
	changed, err := s.Layer(ctx, l, below.Rect)
	if err != nil {
		return nil, err
	}
	return Laid(below, s.Shadow(l), changed), nil
}

// Laid is a picture with a shadow (nil: none) and a layer over it.
func Laid(below *image.NRGBA, dark *image.Alpha, layer *image.NRGBA) *image.NRGBA {
	out := pixels.Crop(below, below.Rect)
	if dark != nil {
		shade(out, dark)
	}
	lay(out, layer)
	return out
}

// shade darkens a picture by a shadow.
func shade(out *image.NRGBA, dark *image.Alpha) {
	r := dark.Rect.Intersect(out.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row, by := out.Pix[out.PixOffset(r.Min.X, y):], dark.Pix[dark.PixOffset(r.Min.X, y):]
		for x := range r.Dx() {
			if by[x] > 0 {
				for k := range 3 {
					row[4*x+k] = uint8((uint32(row[4*x+k])*uint32(255-by[x]) + 127) / 255)
				}
			}
		}
	}
}

// lay lays a picture over another where they overlap.
func lay(out, src *image.NRGBA) {
	r := src.Rect.Intersect(out.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d, s := out.Pix[out.PixOffset(r.Min.X, y):], src.Pix[src.PixOffset(r.Min.X, y):]
		for i := 0; i < 4*r.Dx(); i += 4 {
			a, under := uint32(s[i+3])*255, uint32(d[i+3])*uint32(255-s[i+3])
			if a == 0 {
				continue
			}
			for k := range 3 {
				d[i+k] = uint8((uint32(s[i+k])*a + uint32(d[i+k])*under + (a+under)/2) / (a + under))
			}
			d[i+3] = uint8((a + under + 127) / 255)
		}
	}
}
