package unet

import (
	"context"
	"errors"
	"math"
	"slices"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// theirs is a denoiser of another program's ONNX model: it forms the sinusoids of timestep and
// sizes itself.
type theirs struct {
	session model.Session
	rank    int  // of the timestep: one number, or a list of one
	whole   bool // timesteps are whole numbers
	pooled  int  // width of the pooled text, 0 for none
}

// errForeign is what the graph of another program is not asked for.
var errForeign = errors.New("an ONNX model runs as it is: nothing can be changed in its network (adapters, guidance by attention, control)")

// foreign is build for such a model, with the names that diffusers' exports have.
func foreign(p *checkpoint.Part, v graph.Variant) (*graph.Graph, dims, error) {
	if len(v.Hooks) > 0 || v.Source != nil {
		return nil, dims{}, errForeign
	}
	g, err := graph.Foreign(p.ONNX.Model)
	if err != nil {
		return nil, dims{}, err
	}
	d := dims{channels: p.Tensors["input_blocks.0.0.weight"].Shape[1], latent: p.Tensors["out.2.weight"].Shape[0],
		context: p.Tensors["input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"].Shape[1], theirs: &theirs{}}
	in, _ := g.Signature()
	step, _ := graph.Find(in, "timestep")
	d.theirs.rank, d.theirs.whole = len(step.Shape), step.Type == graph.Int64 || step.Type == graph.Int32
	names := [][2]string{{"our latent", "sample"}, {"our timestep", "timestep"}, {"our text", "encoder_hidden_states"}}
	if t, ok := p.Tensors["label_emb.0.0.weight"]; ok {
		d.label, d.theirs.pooled = t.Shape[1], int(t.Shape[1])-6
		names = append(names, [2]string{"our pooled text", "text_embeds"}, [2]string{"our sizes", "time_ids"})
	}
	for _, n := range names {
		err = errors.Join(err, g.Take(n[0], n[1]))
	}
	_, out := g.Signature()
	if err == nil && len(out) != 1 {
		err = errors.New("the denoiser's ONNX model has more than one output")
	}
	if err == nil {
		err = g.Give("our out", out[0].Name)
	}
	if err == nil {
		err = g.Apply(v.Changes...)
	}
	return g, d, err
}

// with is t of an opened session; nil stays nil.
func (t *theirs) with(s model.Session) *theirs {
	if t == nil {
		return nil
	}
	c := *t
	c.session = s
	return &c
}

// run evaluates the rows of an input, one by one where their timesteps differ: the model takes one.
func (t *theirs) run(ctx context.Context, x, rest *tensor.Tensor, timesteps []float32, text, label *tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if slices.Max(timesteps) == slices.Min(timesteps) {
		return t.evaluate(ctx, x, rest, timesteps[0], text, label)
	}
	row := func(all *tensor.Tensor, i int) *tensor.Tensor {
		if all == nil {
			return nil
		}
		return all.Batch(i, i+1)
	}
	var rows []*tensor.Tensor
	for i, step := range timesteps {
		out, err := t.evaluate(ctx, row(x, i), row(rest, i), step, row(text, i), row(label, i))
		if err != nil {
			return nil, err
		}
		rows = append(rows, out["out"])
	}
	all, err := tensor.Concat(0, rows...)
	return map[string]*tensor.Tensor{"out": all}, err
}

func (t *theirs) evaluate(ctx context.Context, x, rest *tensor.Tensor, step float32, text, label *tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if rest != nil {
		var err error
		if x, err = tensor.Concat(1, x, rest); err != nil {
			return nil, err
		}
	}
	if t.whole {
		step = float32(math.Round(float64(step)))
	}
	in := map[string]*tensor.Tensor{"our latent": x, "our text": text, "our timestep": {Shape: slices.Repeat([]int{1}, t.rank), Data: []float32{step}}}
	if label != nil {
		batch := label.Shape[0]
		pooled, sizes := tensor.New(batch, t.pooled), tensor.New(batch, 6)
		for i := range batch {
			row := label.Batch(i, i+1).Data
			copy(pooled.Batch(i, i+1).Data, row)
			copy(sizes.Batch(i, i+1).Data, row[t.pooled:])
		}
		in["our pooled text"], in["our sizes"] = pooled, sizes
	}
	out, err := t.session.Run(ctx, in)
	return map[string]*tensor.Tensor{"out": out["our out"]}, err
}
