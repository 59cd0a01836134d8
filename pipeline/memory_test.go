package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// tight is a pipeline of stand-ins on a card with little memory. Its denoiser tells latents
// from one another.
func tight(t *testing.T, fits func(g *graph.Graph, in map[string]*tensor.Tensor) bool) (*Pipeline, *pipelinetest.Runtime) {
	rt := &pipelinetest.Runtime{Eval: func(ctx context.Context, g *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		out, err := standIn(ctx, g, in)
		if x := in["x"]; x != nil {
			for i, v := range x.Data {
				out["out"].Data[i] = 0.1*v + in["sinusoid"].Data[0]
			}
		}
		return out, err
	}}
	p := New(&pipelinetest.Tight{Runtime: rt, Fits: fits})
	p.SetVAEMemory(-1)
	p.SetMerges(merges(t))
	t.Cleanup(func() { _ = p.Close() })
	return p, rt
}

// A card with too little memory for the batch works on less of it at once, then the processor
// takes over; the pictures are the same, and both are told.
func TestABatchShrinksUntilItFits(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a cat"}, Where: Where{BatchSize: 3}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2, Seed: 3, Batch: 3}}
	var want *Result
	for _, c := range []struct {
		fits int
		said []string
	}{
		{6, nil},
		{2, []string{"card ran out of memory for 6 evaluations at once; using 3", "card ran out of memory for 3 evaluations at once; using 2"}},
		{0, []string{"card ran out of memory for 6 evaluations at once; using 3", "card ran out of memory for 3 evaluations at once; using 2", "card ran out of memory for 2 evaluations at once; using 1", "card: it ran out of memory; using cpu instead"}},
	} {
		most := 0
		p, _ := tight(t, func(_ *graph.Graph, in map[string]*tensor.Tensor) bool {
			x := in["x"]
			if x == nil {
				return true
			}
			if x.Shape[0] <= c.fits {
				most = max(most, x.Shape[0])
			}
			return x.Shape[0] <= c.fits
		})
		var said []string
		got, err := p.Run(context.Background(), q, func(g Progress) {
			if g.Notice != "" {
				said = append(said, g.Notice)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(said, c.said) || most != c.fits {
			t.Errorf("room for %d: %d went at once, said %q, want %q", c.fits, most, said, c.said)
		}
		if want == nil {
			want = got
		}
		for i := range want.Images {
			if !bytes.Equal(got.Images[i].Pix, want.Images[i].Pix) {
				t.Errorf("room for %d: picture %d is another one", c.fits, i)
			}
		}
		if bytes.Equal(want.Images[0].Pix, want.Images[1].Pix) {
			t.Fatal("the pictures of the batch are one: the test sees nothing")
		}
	}
}

// roomFor is a Runtime whose card has room for so many networks at once, as the real one asks
// for it.
type roomFor struct {
	*pipelinetest.Runtime
	most int
}

func (r *roomFor) Open(ctx context.Context, g *graph.Graph, o model.Options) (model.Session, error) {
	for {
		if now, _ := r.Sessions(); now < r.most {
			return r.Runtime.Open(ctx, g, o)
		}
		if o.Room == nil {
			return nil, fmt.Errorf("no room for %q", g.Name)
		}
		freed, err := o.Room()
		if err != nil {
			return nil, err
		}
		if !freed {
			return nil, fmt.Errorf("no room for %q, and nothing to close", g.Name)
		}
	}
}

// A card that has room for one network gets one at a time: the text encoder rests for the
// denoiser, which rests for the autoencoder. The picture is that of a card with room for all.
func TestNetworksMakeRoomForOneAnother(t *testing.T) {
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a cat"}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2, Seed: 3}}
	var want *Result
	for _, room := range []int{9, 1} {
		rt := &roomFor{&pipelinetest.Runtime{Eval: standIn, At: "card"}, room}
		p := New(rt)
		p.SetVAEMemory(-1)
		p.SetMerges(merges(t))
		for range 2 { // networks that stayed open from the run before are in the way of this one
			got, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("room for %d: %v", room, err)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got.Image.Pix, want.Image.Pix) {
				t.Errorf("room for %d: another picture", room)
			}
		}
		if _, most := rt.Sessions(); room == 1 && most != 1 {
			t.Errorf("%d networks were open at once", most)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if log := strings.Join(rt.Log(), "\n"); room == 1 && strings.Count(log, "open ") != strings.Count(log, "close ") {
			t.Errorf("not all was closed:\n%s", log)
		}
	}
}

// A stated budget: networks that don't fit into it together make room for one another, the
// autoencoder gets what is left.
func TestNetworksKeepWithinTheMemoryThatIsAllowed(t *testing.T) {
	ck, err := p0(t).headers.look(Models{Model: tiny(t, "tiny15")})
	if err != nil {
		t.Fatal(err)
	}
	all := wideBytes(ck.Checkpoint)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Text: Text{Prompt: "a cat"}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2, Seed: 3}}
	var want *Result
	for _, c := range []struct {
		bytes int64
		most  int
		said  int
	}{{0, 3, 0}, {all + vaeLeast + 1<<20, 3, 0}, {all, 1, 0}, {0, 3, 0}} {
		p, rt := standIns(t)
		if want != nil { // networks of a run without a limit are open
			if _, err := p.Run(context.Background(), q, nil); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := rt.Sessions()
		limited, said, most := q, []string{}, 0
		limited.Where.Memory = float64(c.bytes) / 1e9
		got, err := p.Run(context.Background(), limited, func(g Progress) {
			if g.Notice != "" {
				said = append(said, g.Notice)
			}
			if strings.HasPrefix(g.Stage, "step 2") || g.Stage == "done" {
				now, _ := rt.Sessions()
				most = max(most, now)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got.Image.Pix, want.Image.Pix) || most != c.most || len(said) != c.said {
			t.Errorf("%d bytes: %d networks (%d before), want %d; said %q", c.bytes, most, before, c.most, said)
		}
	}
	p := New(&pipelinetest.Runtime{})
	const left = vaeSaves + 1<<20
	less := p.vaeMemory(ck.Checkpoint, Where{Memory: float64(heldBytes(ck.VAE)+left) / 1e9})
	if whole := p.vaeMemory(ck.Checkpoint, Where{}); whole != vaeLeast || max(less-left, left-less) > 1 {
		t.Errorf("the autoencoder may take %d bytes, and %d within a budget, want %d and %d", whole, less, vaeLeast, left)
	}
	p = New(&shortOfMemory{})
	if got := p.fitting(p.vaeMemory(ck.Checkpoint, Where{})); got != 3*50<<20 {
		t.Errorf("with 200 MB free the autoencoder may take %d bytes, want three quarters", got)
	}
	if got := p.vaeMemory(ck.Checkpoint, Where{}); got != vaeLeast {
		t.Errorf("what a request gives the autoencoder follows the free memory: %d bytes", got)
	}
}

func p0(t *testing.T) *Pipeline { p, _ := standIns(t); return p }

// shortOfMemory is on a machine with 200 MB left.
type shortOfMemory struct{ pipelinetest.Runtime }

func (*shortOfMemory) FreeMemory() uint64 { return 200 << 20 }
