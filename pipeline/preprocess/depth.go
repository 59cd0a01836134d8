package preprocess

import (
	"context"
	"fmt"
	"math"
)

// Depth is a depth map as a network gives it, W × H values of any range, near is large.
type Depth struct {
	W, H   int
	Values []float32
}

func (d Depth) check() error {
	if d.W < 1 || d.H < 1 || len(d.Values) != d.W*d.H {
		return fmt.Errorf("found %d values for a depth map of %d × %d, want one a pixel", len(d.Values), d.W, d.H)
	}
	for i, v := range d.Values {
		if v != v || math.IsInf(float64(v), 0) {
			return fmt.Errorf("depth at %d, %d is %g, want a number", i%d.W, i/d.W, v)
		}
	}
	return fits(float64(d.W), float64(d.H))
}

// parts are the depths from 0, the farthest, to 1; all 0 where there is but one depth.
func (d Depth) parts() []float32 {
	low, high := d.Values[0], d.Values[0]
	for _, v := range d.Values {
		low, high = min(low, v), max(high, v)
	}
	out := make([]float32, len(d.Values))
	if span := high - low; span > 0 {
		for i, v := range d.Values {
			out[i] = (v - low) / span
		}
	}
	return out
}

// Grey is the map from black, the farthest, to white.
func (d Depth) Grey() (Picture, error) {
	if err := d.check(); err != nil {
		return Picture{}, err
	}
	out := newPicture(d.W, d.H, 1)
	for i, v := range d.parts() {
		out.Pix[i] = uint8(min(max(v*255, 0), 255))
	}
	return out, nil
}

// Normal is the map of the directions that a surface faces, by the slope of the depth (Sobel
// 3 × 3) against a height of 2π; what is farther than background, 0..1, is taken for flat.
// Red is toward the eye, green down, blue across: the order that the network learned.
func (d Depth) Normal(background float64) (Picture, error) {
	if err := d.check(); err != nil {
		return Picture{}, err
	}
	out, parts := newPicture(d.W, d.H, 3), d.parts()
	at := func(x, y int) float32 { return d.Values[reflected(y, d.H)*d.W+reflected(x, d.W)] }
	const z = float32(2 * math.Pi)
	for y := range d.H {
		for x := range d.W {
			var dx, dy float32
			if i := y*d.W + x; !(parts[i] < float32(background)) {
				dx = at(x+1, y-1) - at(x-1, y-1) + 2*(at(x+1, y)-at(x-1, y)) + at(x+1, y+1) - at(x-1, y+1)
				dy = at(x-1, y+1) - at(x-1, y-1) + 2*(at(x, y+1)-at(x, y-1)) + at(x+1, y+1) - at(x+1, y-1)
			}
			long := float32(math.Sqrt(float64(dx*dx + dy*dy + z*z)))
			for c, v := range [3]float32{z, dy, dx} {
				out.Pix[3*(y*d.W+x)+c] = uint8(min(max(v/long*127.5+127.5, 0), 255))
			}
		}
	}
	return out, nil
}

// RunDepth is Run for a depth map that isn't bytes.
func (m *Module) RunDepth(ctx context.Context, d Depth, by Params) (out Picture, err error) {
	if err = m.Check(by); err != nil {
		return Picture{}, err
	}
	switch {
	case m.Wants != OfDepth:
		err = fmt.Errorf("found a depth map, want a picture")
	case m.A != nil:
		out, err = d.Normal(by.A)
	default:
		out, err = d.Grey()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Picture{}, m.named(err)
	}
	return out, nil
}

// depthOf takes a grey picture for a depth map.
func depthOf(p Picture) Depth {
	d := Depth{p.W, p.H, make([]float32, p.W*p.H)}
	for i := range d.Values {
		d.Values[i] = float32(p.Pix[i*p.Channels])
	}
	return d
}

func greyDepth(_ context.Context, p Picture, _ Params) (Picture, error) { return depthOf(p).Grey() }

func greyNormal(_ context.Context, p Picture, by Params) (Picture, error) {
	return depthOf(p).Normal(by.A)
}
