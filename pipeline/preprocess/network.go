package preprocess

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"pentimento/fault"
)

// Network is what a module knows of its network, which is an ONNX file of the person's: how it is
// shown a picture and what is made of what it says. The picture is in the order red, green,
// blue.
type Network struct {
	Files string   // which files fit, for people
	Parts []string // names of the files that it is made of where they can be had, as app/fetch's table has them; none: a file of the person's alone
	Finds PoseParts

	mean, std [3]float32 // of values from 0 to 1; a std of 0 stands for values from 0 to 255 as they are
	turned    bool       // blue first
	ones      bool       // a fourth channel of ones
	multiple  int        // of pixels a side, for networks that take any size; 0: 64
	least     int        // and the length of the shorter side then; 0: as it is
	made      func(outs []Plane, w, h int, by Params) (Picture, error)
}

// Plane are values of a network, channels outermost.
type Plane struct {
	C, H, W int
	Data    []float32
}

var (
	half     = [3]float32{0.5, 0.5, 0.5}
	unit     = [3]float32{1, 1, 1}
	natural  = [3]float32{0.485, 0.456, 0.406} // means and deviations of ImageNet
	naturals = [3]float32{0.229, 0.224, 0.225}
)

// Size is the size that the network is shown a picture of w × h at; fixed is the network's own,
// 0 where it takes any.
func (n *Network) Size(w, h int, fixed image.Point) image.Point {
	multiple, k := max(n.multiple, 1), 1.0
	if n.least > 0 {
		k = float64(n.least) / float64(min(w, h))
	}
	side := func(v, fixed int) int {
		if fixed > 0 {
			return fixed
		}
		return max(int(math.RoundToEven(float64(v)*k/float64(multiple))), 1) * multiple
	}
	return image.Pt(side(w, fixed.X), side(h, fixed.Y))
}

// RunNetwork is Run with the module's network: eval evaluates it on a picture that is padded to
// multiples of 64 and brought to Size. Outputs are all that the network has.
func (m *Module) RunNetwork(ctx context.Context, p Picture, by Params, fixed image.Point, eval func(ctx context.Context, in Plane) ([]Plane, error)) (Picture, error) {
	out, err := m.throughNetwork(ctx, p, by, fixed, eval)
	if err != nil {
		return Picture{}, fault.With(m.named(err), fault.Hint(err))
	}
	return out, nil
}

func (m *Module) throughNetwork(ctx context.Context, p Picture, by Params, fixed image.Point, eval func(context.Context, Plane) ([]Plane, error)) (Picture, error) {
	if m.Network == nil || m.Network.made == nil {
		return Picture{}, errors.New("it has no network that makes a map")
	}
	err := p.check()
	if err == nil {
		err = m.Check(by)
	}
	if err != nil {
		return Picture{}, err
	}
	if p, err = p.rgb().worked(ctx, by.Res); err != nil {
		return Picture{}, err
	}
	whole := p.padded()
	size := m.Network.Size(whole.W, whole.H, fixed)
	if err := fits(float64(size.X), float64(size.Y)); err != nil {
		return Picture{}, err
	}
	how := cubic
	if size.X*size.Y < whole.W*whole.H {
		how = area
	}
	shown, err := resize(ctx, whole, size.X, size.Y, how)
	if err != nil {
		return Picture{}, err
	}
	outs, err := eval(ctx, m.Network.shown(shown))
	if err != nil {
		return Picture{}, err
	}
	outs = slices.DeleteFunc(outs, func(o Plane) bool { return o.C < 1 || o.W < 1 || o.H < 1 || len(o.Data) != o.C*o.W*o.H })
	if len(outs) == 0 {
		return Picture{}, fault.New("its network gives no map", "Is it the file of another kind of network? "+m.Network.Files)
	}
	for _, o := range outs {
		for _, v := range o.Data {
			if v != v || math.IsInf(float64(v), 0) {
				return Picture{}, errors.New("its network gives values that are no numbers")
			}
		}
	}
	out, err := m.Network.made(outs, whole.W, whole.H, by)
	if err != nil {
		return Picture{}, err
	}
	return out.cropped(0, 0, p.W, p.H), ctx.Err()
}

// shown is a picture as the network reads it.
func (n *Network) shown(p Picture) Plane {
	in := Plane{3, p.H, p.W, make([]float32, 3*p.W*p.H, 4*p.W*p.H)}
	for c := range 3 {
		from := c
		if n.turned {
			from = 2 - c
		}
		for i := range p.W * p.H {
			v := float32(p.Pix[3*i+from])
			if n.std[c] != 0 {
				v = (v/255 - n.mean[c]) / n.std[c]
			}
			in.Data[c*p.W*p.H+i] = v
		}
	}
	if n.ones {
		in.C = 4
		for range p.W * p.H {
			in.Data = append(in.Data, 1)
		}
	}
	return in
}

// at is the first channel brought to a size, linearly between pixels' middles.
func (o Plane) at(w, h int) []float32 {
	if o.W == w && o.H == h {
		return o.Data[:w*h]
	}
	out := make([]float32, w*h)
	place := func(i, from, to int) (a, b int, f float32) {
		v := min(max((float64(i)+0.5)*float64(from)/float64(to)-0.5, 0), float64(from-1))
		a = int(v)
		return a, min(a+1, from-1), float32(v - float64(a))
	}
	for y := range h {
		y0, y1, fy := place(y, o.H, h)
		for x := range w {
			x0, x1, fx := place(x, o.W, w)
			top := o.Data[y0*o.W+x0]*(1-fx) + o.Data[y0*o.W+x1]*fx
			low := o.Data[y1*o.W+x0]*(1-fx) + o.Data[y1*o.W+x1]*fx
			out[y*w+x] = top*(1-fy) + low*fy
		}
	}
	return out
}

// greyOf makes a map of values that are from 0 to 1.
func greyOf(w, h int, value func(i int) float64) Picture {
	out := newPicture(w, h, 1)
	for i := range out.Pix {
		out.Pix[i] = uint8(min(max(value(i)*255, 0), 255))
	}
	return out
}

// nearness makes a map of a depth network's first output.
func nearness(outs []Plane, w, h int, _ Params) (Picture, error) {
	return Depth{w, h, outs[0].at(w, h)}.Grey()
}

// facing makes the normals of a depth network's first output.
func facing(outs []Plane, w, h int, by Params) (Picture, error) {
	return Depth{w, h, outs[0].at(w, h)}.Normal(by.A)
}

// shares is a network's first output, shares from 0 to 1, in grey.
func shares(outs []Plane, w, h int, _ Params) (Picture, error) {
	v := outs[0].at(w, h)
	return greyOf(w, h, func(i int) float64 { return float64(v[i]) }), nil
}

// softEdges is the mean of HED's outputs, which are logits.
func softEdges(outs []Plane, w, h int, _ Params) (Picture, error) {
	sum := make([]float64, w*h)
	for _, o := range outs {
		for i, v := range o.at(w, h) {
			sum[i] += float64(v)
		}
	}
	return greyOf(w, h, func(i int) float64 { return 1 / (1 + math.Exp(-sum[i]/float64(len(outs)))) }), nil
}

// lastEdges is the last output of PiDiNet, from 0 to 1.
func lastEdges(outs []Plane, w, h int, _ Params) (Picture, error) {
	v := outs[len(outs)-1].at(w, h)
	return greyOf(w, h, func(i int) float64 { return float64(v[i]) }), nil
}

// darkLines turns a drawing from 0 (lines) to 1 over.
func darkLines(outs []Plane, w, h int, _ Params) (Picture, error) {
	v := outs[0].at(w, h)
	p := greyOf(w, h, func(i int) float64 { return float64(v[i]) })
	for i, g := range p.Pix {
		p.Pix[i] = 255 - g
	}
	return p, nil
}

// animeLines is darkLines for a drawing from -1 to 1.
func animeLines(outs []Plane, w, h int, by Params) (Picture, error) {
	o := outs[0]
	o.Data = slices.Clone(o.Data)
	for i, v := range o.Data {
		o.Data[i] = (v + 1) / 2
	}
	return darkLines([]Plane{o}, w, h, by)
}

// straightLines draws what M-LSD says: how likely a line's middle lies at a place (one channel),
// and where from there its ends lie (four). A line counts that is likelier than by.A and longer
// than by.B; at most 200 of them, each the likeliest of its 3 × 3 places.
func straightLines(outs []Plane, w, h int, by Params) (Picture, error) {
	i := slices.IndexFunc(outs, func(o Plane) bool { return o.C == 1 })
	j := slices.IndexFunc(outs, func(o Plane) bool { return o.C == 4 })
	if i < 0 || j < 0 || outs[i].W != outs[j].W || outs[i].H != outs[j].H {
		return Picture{}, fmt.Errorf("its network gives %d maps, want the scores and ends of lines", len(outs))
	}
	scores, ends, size := outs[i], outs[j], outs[i].W*outs[i].H
	var middles []int
	for m, s := range scores.Data {
		if float64(s) > by.A && scores.highest(m) {
			middles = append(middles, m)
		}
	}
	slices.SortStableFunc(middles, func(a, b int) int {
		switch {
		case scores.Data[a] > scores.Data[b]:
			return -1
		case scores.Data[a] < scores.Data[b]:
			return 1
		}
		return 0
	})
	out := newPicture(w, h, 3)
	for _, m := range middles[:min(len(middles), 200)] {
		var e [4]float64
		for k := range e {
			e[k] = float64(ends.Data[k*size+m])
		}
		if math.Hypot(e[0]-e[2], e[1]-e[3]) <= by.B {
			continue
		}
		x, y := float64(m%scores.W), float64(m/scores.W)
		end := func(dx, dy float64) image.Point {
			far := func(v float64, most int) int { return int(min(max(v, -1e6), 1e6) * float64(most)) }
			return image.Pt(far((x+dx)/float64(scores.W), w), far((y+dy)/float64(scores.H), h))
		}
		out.line(end(e[0], e[1]), end(e[2], e[3]), [3]uint8{255, 255, 255})
	}
	return out, nil
}

// highest says whether no neighbour of a place is above it.
func (o Plane) highest(m int) bool {
	x, y := m%o.W, m/o.W
	for v := max(y-1, 0); v <= min(y+1, o.H-1); v++ {
		for u := max(x-1, 0); u <= min(x+1, o.W-1); u++ {
			if o.Data[v*o.W+u] > o.Data[m] {
				return false
			}
		}
	}
	return true
}
