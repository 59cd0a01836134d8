package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Family is a row of the table of model families: what tells it from the others, and
// what its members mean where they do not say otherwise. To add one, add a row.
type Family struct {
	Name  string // "sd1", "sd2", "sdxl"
	Label string // for people

	// What tells it apart: names and shapes only, never a file's name.
	TextEncoders int     // how many
	Labelled     bool    // the denoiser takes a label vector (pooled text and sizes)
	ProjRank     int     // rank of the transformers' proj_in: 4 a 1x1 convolution, 2 a matrix; 0 either
	Inputs       []int64 // channels the denoiser may take

	// Defaults.
	Heads       Heads    // of the denoiser
	TextHead    int64    // width of one attention head of the text encoders
	Activations []string // of the text encoders
	Prediction  string   // "epsilon" or "v"
	ScaleFactor float64  // latent = posterior mean times this
	NativeSize  int      // picture side the model was trained for, pixels
	// HiddenText: the denoiser reads the state before the last text layer, without the
	// final norm (SDXL); otherwise the last state with the final norm.
	HiddenText bool
}

// Families is the table, in the order it is searched.
var Families = []Family{
	{Name: "sdxl", Label: "Stable Diffusion XL", TextEncoders: 2, Labelled: true, Inputs: []int64{4, 9},
		Heads: Heads{Size: 64}, TextHead: 64, Activations: []string{"quick_gelu", "gelu"}, Prediction: "epsilon", ScaleFactor: 0.13025, NativeSize: 1024, HiddenText: true},
	{Name: "sd1", Label: "Stable Diffusion 1.x", TextEncoders: 1, ProjRank: 4, Inputs: []int64{4, 9},
		Heads: Heads{Count: 8}, TextHead: 64, Activations: []string{"quick_gelu"}, Prediction: "epsilon", ScaleFactor: 0.18215, NativeSize: 512},
	{Name: "sd2", Label: "Stable Diffusion 2.x", TextEncoders: 1, ProjRank: 2, Inputs: []int64{4, 9},
		Heads: Heads{Size: 64}, TextHead: 64, Activations: []string{"gelu"}, Prediction: "v", ScaleFactor: 0.18215, NativeSize: 768},
}

// facts are what names and shapes say.
type facts struct {
	inputs, context, label int64
	projRank               int
	textWidths             []int64
	projected              int64 // width of the second encoder's projection, 0 without one
}

// identify finds the family and checks that the parts belong together.
func (c *Checkpoint) identify() error {
	if err := c.complete(); err != nil {
		return err
	}
	f, err := c.facts()
	if err != nil {
		return err
	}
	for i := range Families {
		row := &Families[i]
		if row.TextEncoders == len(c.Text) && row.Labelled == (f.label > 0) && (row.ProjRank == 0 || row.ProjRank == f.projRank) {
			c.Family = row
			break
		}
	}
	if c.Family == nil {
		return fmt.Errorf("no known family has %d text encoder(s), label vector %d, transformer projections of rank %d; known are %s",
			len(c.Text), f.label, f.projRank, familyNames())
	}
	if err := c.runnable(); err != nil {
		return err
	}
	c.Channels = f.inputs
	c.DType = c.Denoiser.dtype()
	if !slices.Contains(c.Family.Inputs, f.inputs) {
		return fmt.Errorf("%s: tensor %q has %d input channels, want 4 or 9", c.Family.Name, c.Denoiser.Tensors["input_blocks.0.0.weight"].Key, f.inputs)
	}
	sum := int64(0)
	for _, w := range f.textWidths {
		sum += w
	}
	if sum != f.context {
		return fmt.Errorf("%s: the denoiser reads text of width %d, the text encoder(s) give %v: parts of different models", c.Family.Name, f.context, f.textWidths)
	}
	if f.label > 0 && (f.label-f.projected <= 0 || (f.label-f.projected)%6 != 0) {
		return fmt.Errorf("%s: the label vector is %d wide, want the %d of the projected text and six equal sinusoids", c.Family.Name, f.label, f.projected)
	}
	return nil
}

// runnable refuses weights in types that no network here reads, such as 8-bit floats.
func (c *Checkpoint) runnable() error {
	for _, p := range append([]*Part{c.Denoiser, c.VAE}, c.Text...) {
		for _, name := range p.Names() {
			if t := p.Tensors[name]; t.Type == 0 {
				return fmt.Errorf("%s: tensor %q is stored as %s, want F32, F16 or BF16", p.Role, t.Key, t.Stored)
			}
		}
	}
	return nil
}

func familyNames() string {
	var names []string
	for _, f := range Families {
		names = append(names, f.Name+" ("+f.Label+")")
	}
	return strings.Join(names, ", ")
}

// landmarks are the tensors without which a part is not there.
var landmarks = []struct{ role, tensor string }{
	{"denoiser", "input_blocks.0.0.weight"}, {"denoiser", "out.2.weight"}, {"denoiser", "time_embed.0.weight"},
	{"vae", "decoder.conv_in.weight"}, {"vae", "encoder.conv_in.weight"},
	{"text_encoder", "embeddings.token_embedding.weight"}, {"text_encoder", "final_layer_norm.weight"},
}

// complete says what was found and what is missing.
func (c *Checkpoint) complete() error {
	parts := map[string]*Part{"denoiser": c.Denoiser, "vae": c.VAE}
	if len(c.Text) > 0 {
		parts["text_encoder"] = c.Text[0]
	}
	var missing, found []string
	for _, l := range landmarks {
		p := parts[l.role]
		if p == nil {
			if len(missing) == 0 || missing[len(missing)-1] != "the "+l.role {
				missing = append(missing, "the "+l.role)
			}
			continue
		}
		if _, ok := p.Tensors[l.tensor]; !ok {
			missing = append(missing, l.role+" "+l.tensor)
		}
		if say := fmt.Sprintf("%s (%d tensors)", l.role, len(p.Tensors)); !slices.Contains(found, say) {
			found = append(found, say)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(found) == 0 {
		found = []string{"no part of a model"}
	}
	err := fmt.Errorf("no complete model: found %s; missing %s", strings.Join(found, ", "), strings.Join(missing, ", "))
	if c.VAE == nil && c.Denoiser != nil && len(c.Text) > 0 {
		return &Error{Path: c.Path, Err: err, Advice: "The model comes without a VAE: give a VAE file beside it."}
	}
	return err
}

// dim is dimension i of a tensor that must have the given rank.
func (p *Part) dim(name string, rank, i int) (int64, error) {
	t, ok := p.Tensors[name]
	if !ok {
		return 0, fmt.Errorf("%s: tensor %q is missing", p.Role, name)
	}
	if len(t.Shape) != rank {
		return 0, fmt.Errorf("%s: tensor %q has shape %v, want rank %d", p.Role, t.Key, t.Shape, rank)
	}
	return t.Shape[i], nil
}

func (c *Checkpoint) facts() (f facts, err error) {
	var problems []error
	get := func(p *Part, name string, rank, i int) int64 {
		n, err := p.dim(name, rank, i)
		problems = append(problems, err)
		return n
	}
	f.inputs = get(c.Denoiser, "input_blocks.0.0.weight", 4, 1)
	for _, p := range c.Text {
		f.textWidths = append(f.textWidths, get(p, "embeddings.token_embedding.weight", 2, 1))
	}
	if _, ok := c.Denoiser.Tensors["label_emb.0.0.weight"]; ok {
		f.label = get(c.Denoiser, "label_emb.0.0.weight", 2, 1)
	}
	for _, name := range c.Denoiser.Names() {
		if strings.HasSuffix(name, ".attn2.to_k.weight") {
			w := get(c.Denoiser, name, 2, 1)
			if f.context != 0 && f.context != w {
				return f, fmt.Errorf("denoiser: tensor %q reads text of width %d, others of %d", name, w, f.context)
			}
			f.context = w
		}
		if strings.HasSuffix(name, ".proj_in.weight") {
			f.projRank = len(c.Denoiser.Tensors[name].Shape)
		}
	}
	if len(c.Text) == 2 {
		if p := c.Text[1]; p.Tensors["text_projection"].Key != "" {
			f.projected = get(p, "text_projection", 2, 1)
		} else {
			f.projected = get(p, "text_projection.weight", 2, 0)
		}
	}
	return f, errors.Join(problems...)
}
