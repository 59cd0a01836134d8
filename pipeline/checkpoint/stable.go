package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// stable is what tells the families of Stable Diffusion apart and what their files leave
// open.
type stable struct {
	textEncoders int  // how many
	labelled     bool // the denoiser takes a label vector (pooled text and sizes)
	projRank     int  // rank of the transformers' proj_in: 4 a 1x1 convolution, 2 a matrix; 0 either

	heads       Heads    // of the denoiser
	textHead    int64    // width of one attention head of the text encoders
	activations []string // of the text encoders
}

// latentChannels is how many channels a latent of Stable Diffusion has; an inpainting
// denoiser reads the mask and another latent beside it.
const latentChannels = 4

// The families of Stable Diffusion, with the epsilon or velocity prediction.
var (
	SDXL = stable{textEncoders: 2, labelled: true, heads: Heads{Size: 64}, textHead: 64, activations: []string{"quick_gelu", "gelu"}}.row(
		Family{Name: "sdxl", Label: "Stable Diffusion XL", Predictions: []string{"epsilon", "v"}, ScaleFactor: 0.13025, NativeSize: always(1024)})
	SD1 = stable{textEncoders: 1, projRank: 4, heads: Heads{Count: 8}, textHead: 64, activations: []string{"quick_gelu"}}.row(
		Family{Name: "sd1", Label: "Stable Diffusion 1.x", Predictions: []string{"epsilon", "v"}, ScaleFactor: 0.18215, NativeSize: always(512)})
	SD2 = stable{textEncoders: 1, projRank: 2, heads: Heads{Size: 64}, textHead: 64, activations: []string{"gelu"}}.row(
		Family{Name: "sd2", Label: "Stable Diffusion 2.x", Predictions: []string{"v", "epsilon"}, ScaleFactor: 0.18215, NativeSize: sizeSD2, Guess: guessSD2})
)

func always(n int) func(*Checkpoint) int { return func(*Checkpoint) int { return n } }

func (s stable) row(f Family) *Family {
	f.Latent, f.Is = latentChannels, s.is
	f.Settle = func(c *Checkpoint) error { return s.settle(c) }
	return &f
}

// facts are what names and shapes say.
type facts struct {
	inputs, context, label int64
	projRank               int
	textWidths             []int64
	projected              int64 // width of the second encoder's projection, 0 without one
}

func (s stable) is(c *Checkpoint) bool {
	if c.complete() != nil {
		return false
	}
	f, err := c.facts()
	return err == nil && s.textEncoders == len(c.Text) && s.labelled == (f.label > 0) && (s.projRank == 0 || s.projRank == f.projRank)
}

// unknown says why what was found is none of the families.
func (c *Checkpoint) unknown(rows []*Family) error {
	if err := c.complete(); err != nil {
		return err
	}
	f, err := c.facts()
	if err != nil {
		return err
	}
	return fmt.Errorf("no known family has %d text encoder(s), label vector %d, transformer projections of rank %d; known are %s",
		len(c.Text), f.label, f.projRank, familyNames(rows))
}

// settle checks that the parts belong together and reads the parts' own fields.
func (s stable) settle(c *Checkpoint) error {
	f, err := c.facts()
	if err != nil {
		return err
	}
	c.Channels, c.Inpainting = f.inputs, f.inputs == 2*latentChannels+1
	_, c.Guided = c.Denoiser.Tensors["time_embed.cond_proj.weight"]
	name := c.Family.Name
	if !c.Inpainting && f.inputs != latentChannels {
		return fmt.Errorf("%s: tensor %q has %d input channels, want 4 or 9", name, c.Denoiser.Tensors["input_blocks.0.0.weight"].Key, f.inputs)
	}
	sum := int64(0)
	for _, w := range f.textWidths {
		sum += w
	}
	if sum != f.context {
		return fmt.Errorf("%s: the denoiser reads text of width %d, the text encoder(s) give %v: parts of different models", name, f.context, f.textWidths)
	}
	if f.label > 0 && (f.label-f.projected <= 0 || (f.label-f.projected)%6 != 0) {
		return fmt.Errorf("%s: the label vector is %d wide, want the %d of the projected text and six equal sinusoids", name, f.label, f.projected)
	}
	if err := s.headsOf(c); err != nil {
		return err
	}
	return s.textsOf(c)
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
		return &Error{Path: c.Path, Err: err, Advice: "The model comes without a VAE: give a separate VAE file."}
	}
	return err
}

func (c *Checkpoint) facts() (f facts, err error) {
	var problems []error
	get := func(p *Part, name string, rank, i int) int64 {
		n, err := p.Dim(name, rank, i)
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

// headsOf reads how attention is split and norms are grouped.
func (s stable) headsOf(c *Checkpoint) error {
	c.Denoiser.Heads, c.Denoiser.Groups, c.VAE.Groups = s.heads, 32, 32
	if k := c.configs.unet; k != nil {
		list := k.Heads
		if len(list) == 0 {
			list = k.HeadDim // diffusers reads the number of heads from here, whatever its name
		}
		switch {
		case len(list) == 1:
			c.Denoiser.Heads = Heads{Count: list[0]}
		case len(list) > 1:
			c.Denoiser.Heads = Heads{Level: list}
		}
		if err := checkAct("unet", k.Act, "silu", "swish"); err != nil {
			return err
		}
		if k.Groups > 0 {
			c.Denoiser.Groups = k.Groups
		}
	}
	if k := c.configs.vae; k != nil {
		if err := checkAct("vae", k.Act, "silu", "swish"); err != nil {
			return err
		}
		if k.Groups > 0 {
			c.VAE.Groups = k.Groups
		}
	}
	if text, ok := c.Metadata[keyGroups]; ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > 1<<10 {
			return fmt.Errorf("metadata %s is %q, want a whole number from 1 to 1024", keyGroups, text)
		}
		c.Denoiser.Groups, c.VAE.Groups = n, n
	}
	if text, ok := c.Metadata[keyHeads]; ok {
		rule, err := headRule(text)
		if err != nil {
			return fmt.Errorf("metadata %s: %w", keyHeads, err)
		}
		c.Denoiser.Heads = rule
	}
	return nil
}

// textsOf reads the same of the text encoders, and their activations and end tokens.
func (s stable) textsOf(c *Checkpoint) error {
	for i, p := range c.Text {
		vocabulary, err := p.Dim("embeddings.token_embedding.weight", 2, 0)
		if err != nil {
			return err
		}
		p.Heads = Heads{Size: s.textHead}
		p.Activation = s.activations[i]
		p.EndToken = vocabulary - 1 // the vocabulary ends with its end mark
		if k := c.configs.text[p.Role]; k != nil {
			if k.Heads > 0 {
				p.Heads = Heads{Count: k.Heads}
			}
			if k.Act != "" {
				p.Activation = k.Act
			}
			if k.EndToken > 2 { // 2 is a mistake of old configs
				p.EndToken = k.EndToken
			}
		}
		if err := checkAct(p.Role, p.Activation, "quick_gelu", "gelu"); err != nil {
			return err
		}
		if text, ok := c.Metadata[keyTextHeads]; ok {
			if p.Heads, err = headRule(text); err != nil {
				return fmt.Errorf("metadata %s: %w", keyTextHeads, err)
			}
		}
	}
	return nil
}

// sizeSD2: the inpainting models of SD 2 were trained on smaller pictures.
func sizeSD2(c *Checkpoint) int {
	if c.Inpainting {
		return 512
	}
	return 768
}

// guessSD2 goes by the architecture that a file names, and then by the field's rule of
// thumb: training for v leaves the last transformer's first bias with a spread above 0.09,
// training for epsilon a smaller one; weights that were never trained have next to none, and
// the family's usual form is taken.
func guessSD2(c *Checkpoint) (prediction, why string) {
	const probe = "output_blocks.11.1.transformer_blocks.0.norm1.bias"
	architecture := strings.ToLower(c.Metadata["modelspec.architecture"])
	usual := "usual for " + c.Family.Label + "; nothing in the file says otherwise"
	switch {
	case strings.HasPrefix(architecture, "stable-diffusion-v2-768"):
		return "v", "the file names its architecture " + architecture
	case strings.HasPrefix(architecture, "stable-diffusion-v2-512"):
		return "epsilon", "the file names its architecture " + architecture
	case c.Inpainting:
		return "epsilon", "usual for the inpainting models of " + c.Family.Label
	}
	t, ok := c.Denoiser.Tensors[probe]
	if !ok || t.Length > 1<<20 {
		return "v", usual
	}
	v, err := t.Floats()
	if err != nil || len(v) == 0 {
		return "v", usual
	}
	spread := deviation(v)
	switch {
	case spread > 0.09:
		return "v", fmt.Sprintf("the spread of %s is %.3f, above 0.09", probe, spread)
	case spread > 0.03:
		if c.Metadata[keyNative] == "" {
			c.NativeSize = 512
		}
		return "epsilon", fmt.Sprintf("the spread of %s is %.3f, not above 0.09", probe, spread)
	}
	return "v", usual
}

func deviation(v []float32) float64 {
	sum, squares := 0.0, 0.0
	for _, x := range v {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(v))
	return math.Sqrt(max(0, squares/n-(sum/n)*(sum/n)))
}
