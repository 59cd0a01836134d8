package pipeline

import (
	"context"
	"fmt"
	"image"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// Account is what a model takes of a device's memory, in bytes, as far as its graphs tell: what
// kernels take for themselves, and what an allocator loses, comes on top.
type Account struct {
	Text     int64 // weights of the text encoders
	Denoiser int64 // weights
	Works    int64 // what an evaluation of the denoiser takes besides
	VAE      int64 // weights of both halves, always in fp32
	Decodes  int64 // what decoding takes besides
}

// Together is the most where all of them stay open.
func (a Account) Together() int64 { return a.Text + a.Denoiser + a.VAE + max(a.Works, a.Decodes) }

// traits are what an account must know of a device.
type traits struct {
	half   bool // networks but the autoencoder compute in half precision there
	fused  bool // attention is one operator, which keeps no scores
	blocks bool // products are with blocks as the file has them
	// images are IP-Adapters, whose weights are in the denoiser's graph.
	images []family.ImageAdapter
}

// accountOf is the account of a model on a device, for pictures of a size in pixels, of which the
// denoiser evaluates so many latents at once, where decoding may take codec bytes.
func accountOf(ctx context.Context, m *family.Model, size image.Point, latents int, t traits, codec int64) (Account, error) {
	a := Account{VAE: heldBytes(m.VAE), Decodes: m.Decoding(size.X, size.Y, codec)}
	for _, p := range m.Text {
		a.Text += heldAs(p, t.half)
		if t.blocks {
			a.Text -= keepable(p)
		}
	}
	var d drawing
	if _, err := m.Family.OpenDenoiser(ctx, family.Opening{Runtime: &d, Checkpoint: m.Checkpoint, Inside: family.Inside{Images: t.images}}); err != nil {
		return a, err
	}
	g := d.graph.Copy()
	var changes []graph.Change
	if t.blocks {
		changes = append(changes, graph.KeepBlocks)
	}
	if !t.fused {
		changes = append(changes, graph.PlainAttention)
	}
	if t.half {
		changes = append(changes, graph.Half(t.fused))
	}
	if err := g.Apply(changes...); err != nil {
		return a, err
	}
	a.Denoiser = g.Held()
	f := int64(m.Factor())
	sizes := map[string]int64{"batch": int64(latents), "token": 77, "height": int64(size.Y) / f, "width": int64(size.X) / f}
	inputs := map[string][]int64{}
	for _, v := range g.Inputs {
		for _, dim := range v.Shape {
			n := max(dim.Fixed, sizes[dim.Name])
			if n == 0 { // the tokens of a picture: fewer than a text's
				n = sizes["token"]
			}
			inputs[v.Name] = append(inputs[v.Name], n)
		}
	}
	var err error
	a.Works, err = g.Work(inputs)
	return a, err
}

// heldAs is what a part's weights take in half precision or not.
func heldAs(p *checkpoint.Part, half bool) int64 {
	if half {
		return heldBytes(p) / 2
	}
	return heldBytes(p)
}

// drawing is a Runtime that keeps a graph and opens nothing.
type drawing struct{ graph *graph.Graph }

func (d *drawing) Open(_ context.Context, g *graph.Graph, _ model.Options) (model.Session, error) {
	d.graph = g
	return nil, nil
}

func (d *drawing) Devices() []model.Device { return nil }

// fit settles how the model's networks share so many bytes, for pictures of a size in pixels: all
// open at once, leaving for one another, in half precision, or in parts.
func (o *opened) fit(ctx context.Context, memory int64, size image.Point, notice func(string)) error {
	if size.X == 0 || size.Y == 0 {
		size = image.Pt(o.NativeSize, o.NativeSize)
	}
	t, latents := traits{fused: true, blocks: o.source.blocks, images: o.source.inside.Images}, 1
	narrow := o.source.half == model.HalfPrecision || o.source.half == model.AsStored && stored(o.Denoiser)
	p, card := o.survey(ctx)
	if card {
		t, latents = traits{images: t.images, half: p.Half && narrow, fused: p.Attention && (p.HalfAttention || !p.Half || !narrow)}, 2 // both halves of guidance
		if o.source.inside.Perturb {
			latents = 3
		}
	}
	account := func(latents int) (Account, error) {
		a, err := accountOf(ctx, o.Model, size, latents, t, min(memory, vaeLeast))
		held := guidesHeld(o.source.guides) // beside the denoiser while it works
		if t.half {
			held /= 2
		}
		a.Works += held
		a.Works += o.citing(size, latents, t)
		return a, err
	}
	a, err := account(latents)
	if err != nil {
		return err
	}
	o.tight = a.Text+a.Denoiser+a.VAE+vaeLeast > memory || card && a.Together() > memory
	more, err := o.source.more(o.Denoiser)
	if err != nil {
		return err
	}
	o.turns = a.Text+a.Denoiser+a.VAE+vaeLeast+more > memory
	if a, err = account(1); err != nil {
		return err
	}
	if card && p.Half && !t.half && o.source.half == model.AsStored && a.Denoiser+a.Works > memory {
		o.source.half, t.half = model.HalfPrecision, true
		notice(fmt.Sprintf("the denoiser takes more than the %.2g GB that are allowed: it computes in half precision", float64(memory)/1e9))
		if a, err = account(1); err != nil {
			return err
		}
	}
	if !card && !t.blocks && keepable(o.Denoiser) > 0 && a.Denoiser+a.Works > memory {
		o.source.blocks, t.blocks = true, true
		notice(fmt.Sprintf("the denoiser takes more than the %.2g GB that are allowed: it computes with the file's %s blocks as they are, which is slower", float64(memory)/1e9, o.DType))
		if a, err = account(1); err != nil {
			return err
		}
	}
	o.half = t.half
	if card {
		o.fitCapture(memory, a, notice)
	}
	if most := max(memory-a.Works, memory/2); max(a.Denoiser, a.Text) > most {
		o.source.parts, o.tight = most, true
	}
	return nil
}

// fitCapture leaves graph capture out where it has no room: a recorded evaluation has its values in memory of its own, and what
// others have left is still there.
func (o *opened) fitCapture(memory int64, a Account, notice func(string)) {
	if o.source.capture == model.NoCapture || a.Denoiser+2*a.Works <= memory {
		return
	}
	if o.source.capture == model.CaptureAlways {
		notice(fmt.Sprintf("the denoiser's evaluations are not recorded (graph capture): that would take more than the %.2g GB that are allowed", float64(memory)/1e9))
	}
	o.source.capture = model.NoCapture
}

// survey is what the device that the run computes on has shown, and whether it is a card.
func (o *opened) survey(ctx context.Context) (p model.Probe, card bool) {
	if r, ok := o.runtime.(model.Surveyor); ok {
		return r.Survey(ctx, o.source.device)
	}
	return p, false
}

// keepable is how much less memory a part's weights take where products are with the file's blocks;
// those that are read otherwise count too.
func keepable(p *checkpoint.Part) (n int64) {
	for name, t := range p.Tensors {
		if !t.IsBlocks() || len(t.Shape) != 2 {
			continue
		}
		if w, _ := p.Weight(name); w.Blocks != nil {
			n += 4*t.Count() - t.Length
		}
	}
	return n
}

// stored says whether a part's weights are in half precision, or in less, in its file.
func stored(p *checkpoint.Part) bool {
	for _, t := range p.Tensors {
		if n := t.Type.Size(); n == 1 || n == 2 || t.IsBlocks() {
			return true
		}
	}
	return false
}

// parted is the runtime that opens the model's networks: in parts those that are larger than what
// is allowed for weights.
func (o *opened) parted(notice func(string)) model.Runtime {
	if o.source.parts == 0 {
		return o.runtime
	}
	return model.InParts{Runtime: o.runtime, Most: o.source.parts, Size: o.weight, Tell: func(network string, parts int, slower float64) {
		if notice != nil {
			notice(fmt.Sprintf("the %s takes more than the %.2g GB that are allowed: it is read in %d parts at each evaluation, about %.1f times slower", strings.ReplaceAll(network, "_", " "), float64(o.memory)/1e9, parts, slower))
		}
	}}
}

// weight is what a weight takes once it is open.
func (o *opened) weight(w *graph.Weight) int64 {
	t := w.Type
	if t != graph.Int64 && t != graph.UInt8 {
		t = graph.Float32
	}
	n, _ := t.Bytes(w.Shape) // checked where the graph was made
	if o.half && t == graph.Float32 {
		n /= 2
	}
	return n
}
