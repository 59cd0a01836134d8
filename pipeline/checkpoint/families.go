package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Family is how the files of a family of models are recognised and what they mean where
// they do not say otherwise; how its networks run says package family, whose table holds
// one of these for each family. A Family does not change.
type Family struct {
	Name  string // "sd1", "sd2", "sdxl"
	Label string // for people

	// Prefixes sort tensors into parts, the first that fits; nil: as Stable Diffusion's. What
	// fits none belongs to no part. In a folder every key begins with its component's name
	// and a slash: "transformer/".
	Prefixes []Prefix
	// Is says whether the parts found are a model of this family, by names and shapes only.
	Is func(c *Checkpoint) bool
	// Settle checks that the parts belong together and sets what their shapes say:
	// Channels, Inpainting, Guided and the parts' own fields.
	Settle func(c *Checkpoint) error

	Latent      int      // channels of a latent
	Predictions []string // what its denoisers predict, the usual first: names of denoise.Spaces
	Schedule    Schedule // of its training; the zero value is Stable Diffusion's
	ScaleFactor float64  // latent = (posterior mean − Shift) times this
	Shift       float64
	// NativeSize is the picture side a model was trained for where no config says it, pixels.
	NativeSize func(c *Checkpoint) int
	// Guess decides what no name, shape or config says, the prediction and why it is so;
	// nil: the usual one.
	Guess func(c *Checkpoint) (prediction, why string)
}

// Prefix is the beginning of keys and the part it stands for.
type Prefix struct {
	Prefix, Role string                   // Role is "denoiser", "vae", "text_encoder" or "text_encoder_2"
	Rename       func(name string) string // of the rest of the key; nil leaves it
}

// StableDiffusion are the families that Open knows where its options name none, in the
// order they are searched.
var StableDiffusion = []*Family{SDXL, SD1, SD2}

// identify finds the family of what a path holds.
func (s *source) identify(rows []*Family) (*Checkpoint, error) {
	if len(rows) == 0 {
		rows = StableDiffusion
	}
	plain := s.checkpoint(s.parts, s.loose)
	for _, f := range rows {
		c := plain
		if f.Prefixes != nil {
			s.components()
			parts, loose, err := split(s.tensors, f.Prefixes)
			if err != nil {
				continue // two tensors of one name: not these prefixes
			}
			if own := s.parts["vae"]; s.vae {
				parts["vae"] = own
			}
			c = s.checkpoint(parts, loose)
		}
		if f.Is(c) {
			c.Family = f
			c.DType = c.Denoiser.dtype()
			return c, c.runnable()
		}
	}
	return nil, plain.unknown(rows)
}

// checkpoint is what is known before the family is.
func (s *source) checkpoint(parts map[string]*Part, loose map[string]Tensor) *Checkpoint {
	c := &Checkpoint{Path: s.path, Layout: s.layout, Files: s.files, Metadata: s.metadata,
		Denoiser: parts["denoiser"], VAE: parts["vae"], Tokenizers: s.tokenizers, Separate: s.beside, Problems: s.problems, configs: s.configs, loose: loose}
	for _, role := range []string{"text_encoder", "text_encoder_2"} {
		if p := parts[role]; p != nil {
			c.Text = append(c.Text, p)
		}
	}
	return c
}

// keyed is a tensor under the key that prefixes speak of.
type keyed struct {
	key string
	Tensor
}

// components reads what a folder holds besides the components of Stable Diffusion, once.
// A sub-folder without weights is none.
func (s *source) components() {
	if s.layout == "single" || s.tensors != nil {
		return
	}
	dirs, err := os.ReadDir(s.path)
	if err != nil {
		return // it was read a moment ago: identify then finds no part
	}
	for _, dir := range dirs {
		tensors, files, err := readWeights(filepath.Join(s.path, dir.Name()), s.metadata)
		if err != nil {
			continue
		}
		for _, t := range tensors {
			s.tensors = append(s.tensors, keyed{dir.Name() + "/" + t.Key, t})
		}
		for _, f := range files {
			if !slices.Contains(s.files, f) {
				s.files = append(s.files, f)
			}
		}
	}
}

// split sorts tensors into parts by the beginnings of their keys.
func split(ts []keyed, prefixes []Prefix) (parts map[string]*Part, loose map[string]Tensor, err error) {
	parts, loose = map[string]*Part{}, map[string]Tensor{}
	for _, k := range ts {
		i := slices.IndexFunc(prefixes, func(p Prefix) bool { return strings.HasPrefix(k.key, p.Prefix) })
		if i < 0 {
			loose[k.key] = k.Tensor
			continue
		}
		t := k.Tensor
		t.Name = strings.TrimPrefix(k.key, prefixes[i].Prefix)
		if prefixes[i].Rename != nil {
			t.Name = prefixes[i].Rename(t.Name)
		}
		if err := part(parts, prefixes[i].Role).add(t); err != nil {
			return nil, nil, err
		}
	}
	return parts, loose, nil
}

// Parts are the networks that are there, the denoiser first.
func (c *Checkpoint) Parts() []*Part {
	return slices.DeleteFunc(append([]*Part{c.Denoiser, c.VAE}, c.Text...), func(p *Part) bool { return p == nil })
}

// runnable refuses weights in types that no network here reads, such as 8-bit floats.
func (c *Checkpoint) runnable() error {
	for _, p := range c.Parts() {
		for _, name := range p.Names() {
			if t := p.Tensors[name]; t.Type == 0 {
				return fmt.Errorf("%s: tensor %q is stored as %s, want a floating type of 8 to 64 bits", p.Role, t.Key, t.Stored)
			}
		}
	}
	return nil
}

// Dim is dimension i of a tensor that must have the given rank.
func (p *Part) Dim(name string, rank, i int) (int64, error) {
	t, ok := p.Tensors[name]
	if !ok {
		return 0, fmt.Errorf("%s: tensor %q is missing", p.Role, name)
	}
	if len(t.Shape) != rank {
		return 0, fmt.Errorf("%s: tensor %q has shape %v, want rank %d", p.Role, t.Key, t.Shape, rank)
	}
	return t.Shape[i], nil
}

func familyNames(rows []*Family) string {
	var names []string
	for _, f := range rows {
		names = append(names, f.Name+" ("+f.Label+")")
	}
	return strings.Join(names, ", ")
}
