package pipeline

import (
	"context"
	"image"
	"math"
	"sync"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// neutral is a set of networks that returns what it is given: the autoencoder takes the
// means of 8×8 squares and spreads them out again, exact on even gradients, and the
// denoiser finds, whatever the noise, the picture that was encoded last.
type neutral struct {
	mu   sync.Mutex
	last *tensor.Tensor // its latent, scaled
	evil float32        // added to every decoded value: a network whose colours drift
	most int            // largest batch seen
	fail func(batch int) error
}

const sdScale = 0.18215

func (n *neutral) eval(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case in["image"] != nil:
		m := squares(in["image"])
		n.last = tensor.Scale(sdScale, &tensor.Tensor{Shape: []int{1, 4, m.Shape[2], m.Shape[3]}, Data: m.Data[:len(m.Data)/2]})
		return map[string]*tensor.Tensor{g.Outputs[0].Name: m}, nil
	case in["z"] != nil:
		return map[string]*tensor.Tensor{"image": n.spread(in["z"])}, nil
	case in["x"] != nil:
		x := in["x"]
		n.most = max(n.most, x.Shape[0])
		if n.fail != nil {
			if err := n.fail(x.Shape[0]); err != nil {
				return nil, err
			}
		}
		out := tensor.New(x.Shape[0], 4, x.Shape[2], x.Shape[3])
		wave := in["sinusoid"]
		half := wave.Shape[1] / 2
		f := math.Exp(-math.Log(10000) * float64(half-1) / float64(half))
		sigma := sampler.StableDiffusion().Sigma(math.Asin(float64(wave.Data[2*half-1])) / f)
		plane := x.Shape[1] * x.Shape[2] * x.Shape[3]
		for i := range out.Data {
			b, j := i/(len(out.Data)/x.Shape[0]), i%(len(out.Data)/x.Shape[0])
			v := float64(x.Data[b*plane+j]) * math.Sqrt(1+sigma*sigma)
			if n.last != nil && len(n.last.Data) == len(out.Data)/x.Shape[0] {
				v -= float64(n.last.Data[j])
			}
			out.Data[i] = float32(v / sigma)
		}
		return map[string]*tensor.Tensor{"out": out}, nil
	}
	return standIn(ctx, g, in)
}

// squares are the moments of a picture: three means, the rest 0.
func squares(p *tensor.Tensor) *tensor.Tensor {
	h, w := p.Shape[2]/8, p.Shape[3]/8
	out := tensor.New(1, 8, h, w)
	for i, v := range p.Data {
		c, y, x := i/(64*w*h), i/(8*w)%(8*h), i%(8*w)
		out.Data[(c*h+y/8)*w+x/8] += v / 64
	}
	return out
}

// spread draws planes through the means, and on beyond the outer ones.
func (n *neutral) spread(z *tensor.Tensor) *tensor.Tensor {
	h, w := z.Shape[2], z.Shape[3]
	out := tensor.New(1, 3, 8*h, 8*w)
	at := func(i, n int) (int, float64) {
		p := (float64(i)+0.5)/8 - 0.5
		a := min(max(int(math.Floor(p)), 0), max(n-2, 0))
		return a, p - float64(a)
	}
	for i := range out.Data {
		c := i / (64 * h * w)
		y0, fy := at(i/(8*w)%(8*h), h)
		x0, fx := at(i%(8*w), w)
		v := func(x, y int) float64 { return float64(z.Data[(c*h+min(y, h-1))*w+min(x, w-1)]) }
		top := v(x0, y0)*(1-fx) + v(x0+1, y0)*fx
		low := v(x0, y0+1)*(1-fx) + v(x0+1, y0+1)*fx
		out.Data[i] = float32(top*(1-fy)+low*fy) + n.evil
	}
	return out
}

func neutralPipeline(t testing.TB) (*Pipeline, *neutral) {
	n := &neutral{}
	p := New(&pipelinetest.Runtime{Eval: n.eval})
	p.SetVAEMemory(-1) // a stand-in knows whole networks only
	p.SetMerges(merges(t))
	return p, n
}

// slope is a picture whose colours rise evenly, dithered so that means do, too.
func slope(r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, dither := img.Pix[img.PixOffset(x, y):][:4], (float64((5*x+3*y)&7)+0.5)/8
			p[0] = uint8(40 + 0.237*float64(x) + 0.119*float64(y) + dither)
			p[1] = uint8(60 + 0.171*float64(x) + 0.241*float64(y) + dither)
			p[2] = uint8(50 + 0.129*float64(x+y) + dither)
			p[3] = 255
		}
	}
	return img
}

// sameWhere fails where a pixel outside the composite mask differs.
func sameWhere(t *testing.T, what string, before, after *image.NRGBA, composite *image.Alpha) (changed int) {
	t.Helper()
	if before.Rect != after.Rect || before.Rect != composite.Rect {
		t.Fatalf("%s: bounds %v, %v and %v", what, before.Rect, after.Rect, composite.Rect)
	}
	for i, m := range composite.Pix {
		same := [4]uint8(before.Pix[4*i:]) == [4]uint8(after.Pix[4*i:])
		if m == 0 && !same {
			t.Fatalf("%s: pixel %d changed outside the composite mask", what, i)
		}
		if !same {
			changed++
		}
	}
	return changed
}
