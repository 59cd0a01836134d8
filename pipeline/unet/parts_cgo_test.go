//go:build cgo

package unet_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// weighing is a runtime of which it is watched how many bytes of weights are open at once.
type weighing struct {
	model.Runtime
	size      func(*graph.Weight) int64
	mu        sync.Mutex
	now, most int64
	opened    int
}

func (r *weighing) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	s, err := r.Runtime.Open(ctx, g, o)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	for _, w := range g.Weights {
		n += r.size(w)
	}
	r.add(n)
	return weighed{s, func() { r.add(-n) }}, nil
}

func (r *weighing) add(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now += n
	r.most = max(r.most, r.now)
	if n > 0 {
		r.opened++
	}
}

type weighed struct {
	model.Session
	gone func()
}

func (s weighed) Close() error {
	s.gone()
	return s.Session.Close()
}

// A denoiser that is larger than the memory it may take is read in parts: with no more open at
// once than that, and to the same bits.
func TestDenoiserInPartsIsTheWhole(t *testing.T) {
	cases, _ := references(t)
	wide := func(w *graph.Weight) int64 {
		n, _ := graph.Float32.Bytes(w.Shape)
		return n
	}
	for _, c := range []struct {
		name, dtype string
		share       int64 // of the weights
	}{{"tiny15", "F32", 3}, {"tiny15", "F16", 2}, {"tiny15-inpaint", "F32", 6}, {"tiny21", "F16", 4}, {"tinyxl", "F32", 3}} {
		if testing.Short() && c.share != 3 {
			continue
		}
		ck := open(t, small(t, c.name), "single", c.dtype)
		all := int64(0)
		for _, x := range ck.Denoiser.Tensors {
			n, _ := graph.Float32.Bytes(x.Shape)
			all += n
		}
		r := cases[c.name][1]
		rt := &weighing{Runtime: native(t), size: wide}
		told := 0
		var whole *tensor.Tensor
		for _, most := range []int64{0, all / c.share} {
			rt.most, rt.opened = 0, 0
			n, err := unet.Open(context.Background(), model.InParts{Runtime: rt, Most: most, Size: wide, Tell: func(name string, parts int, slower float64) {
				told++
				t.Logf("%s %s: %d parts, %.1f times as slow", c.name, c.dtype, parts, slower)
			}}, ck, model.Options{Threads: 2, Fast: most > 0}, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			x, text, label := r.inputs(t, n.LabelWidth())
			for range 2 {
				out, err := n.Eval(context.Background(), unet.Input{X: x, Timesteps: []float32{r.Timestep}, Context: text, Label: label})
				if err != nil {
					t.Fatal(err)
				}
				if whole == nil {
					whole = out
				} else if !slices.Equal(out.Data, whole.Data) {
					t.Errorf("%s %s: in parts it differs by %.2g", c.name, c.dtype, pipelinetest.Relative(out.Data, whole.Data))
				}
			}
			if err := n.Close(); err != nil {
				t.Error(err)
			}
			if most > 0 && (rt.most > most || rt.now != 0 || rt.opened < 6) {
				t.Errorf("%s %s: %d bytes were open of %d allowed, %d at the end; %d parts were opened", c.name, c.dtype, rt.most, most, rt.now, rt.opened)
			}
		}
		if told != 1 {
			t.Errorf("%s: it was told %d times", c.name, told)
		}
	}
}
