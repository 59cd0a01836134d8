package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Extraction finds the LoRA that turns one checkpoint into another, as nearly as its rank lets
// it (kohya's extract_lora_from_models, without its clipping of outliers).
type Extraction struct {
	Base, Tuned string  // files or folders
	Rank        int     // of linear layers and 1×1 convolutions in attention blocks and text encoders
	ConvRank    int     // of all other weights of the denoiser; 0 leaves them out
	Type        string  // "F16" or "F32"
	Least       float64 // modules of which no weight differs by more are left out
	Only        string  // "denoiser", "text" (the text encoders), or "" for both
}

// part is a tensor of an adapter with its values.
type part struct {
	checkpoint.Planned
	data []byte
}

// Extract writes the adapter with kohya's names. It ends early with ctx.Err(); report is told how
// many of the modules are done, nil is allowed.
func Extract(ctx context.Context, o Extraction, w io.Writer, report func(done, total int64)) error {
	base, modules, err := o.open()
	if err != nil {
		return err
	}
	var parts []part
	for i, m := range modules {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := o.extract(m)
		if err != nil {
			return fmt.Errorf("module %q: %w", m.name, err)
		}
		if parts = append(parts, found...); report != nil {
			report(int64(i+1), int64(len(modules)))
		}
	}
	if len(parts) == 0 {
		return fault.New("the two models have the same weights where a LoRA can change them", "Choose the trained model and the one that it was trained from.")
	}
	return writeParts(w, parts, map[string]string{"ss_network_module": "networks.lora", "ss_network_dim": fmt.Sprint(o.Rank), "ss_network_alpha": fmt.Sprint(o.Rank),
		"ss_base_model_version": versions[base.Family.Name]})
}

// Look reads headers only: the most modules that Extract may find, and the most bytes that they
// take. Its errors are those with which Extract ends before it computes.
func (o Extraction) Look() (modules int, bytes int64, err error) {
	_, all, err := o.open()
	for _, m := range all {
		out := m.base.Shape[0]
		in := m.base.Count() / max(out, 1)
		bytes += min(int64(m.rank), out, in) * (out + in) * width(o.Type)
	}
	return len(all), bytes, err
}

func (o Extraction) open() (base *checkpoint.Checkpoint, modules []module, err error) {
	if !slices.Contains([]string{"", "denoiser", "text"}, o.Only) {
		return nil, nil, fmt.Errorf("only %q, want denoiser or text", o.Only)
	}
	if o.Rank < 1 || o.ConvRank < 0 || o.Type != "F16" && o.Type != "F32" {
		return nil, nil, fmt.Errorf("rank %d, %d of convolutions, type %q: want a positive rank, and F16 or F32", o.Rank, o.ConvRank, o.Type)
	}
	base, err = checkpoint.Open(o.Base, checkpoint.Options{})
	if err != nil {
		return nil, nil, err
	}
	tuned, err := checkpoint.Open(o.Tuned, checkpoint.Options{})
	if err != nil {
		return nil, nil, err
	}
	modules, err = o.modules(base, tuned)
	return base, modules, err
}

// versions are kohya's words for families.
var versions = map[string]string{"sd1": "sd_v1", "sd2": "sd_v2", "sdxl": "sdxl_base_v1-0"}

func writeParts(w io.Writer, parts []part, metadata map[string]string) error {
	var plan []checkpoint.Planned
	data := map[string][]byte{}
	for _, p := range parts {
		plan = append(plan, p.Planned)
		data[p.Name] = p.data
	}
	return checkpoint.Write(w, metadata, plan, func(p checkpoint.Planned, w io.Writer) error {
		_, err := w.Write(data[p.Name])
		return err
	})
}

// module is a weight in both models.
type module struct {
	name        string // kohya's
	rank        int
	base, tuned checkpoint.Tensor
}

// modules are those that a LoRA changes, in the order of their names.
func (o Extraction) modules(base, tuned *checkpoint.Checkpoint) (all []module, err error) {
	if base.Family.Name != tuned.Family.Name || len(base.Text) != len(tuned.Text) {
		return nil, fault.New(fmt.Sprintf("the models are %s and %s", base.Family.Label, tuned.Family.Label), "Both must be of one kind.")
	}
	add := func(a, b *checkpoint.Part, prefix string, rank func(name string) int, rename func(string) string) error {
		if a == nil || b == nil {
			return nil
		}
		for _, name := range a.Names() {
			t, other := a.Tensors[name], b.Tensors[name]
			r := rank(name)
			if r == 0 || !strings.HasSuffix(name, ".weight") || len(t.Shape) < 2 {
				continue
			}
			if !slices.Equal(t.Shape, other.Shape) {
				return fault.New(fmt.Sprintf("%s %q has shape %v in one model and %v in the other", a.Role, name, t.Shape, other.Shape), "Both must be of one kind.")
			}
			key := prefix + strings.ReplaceAll(strings.TrimSuffix(rename(name), ".weight"), ".", "_")
			all = append(all, module{key, r, t, other})
		}
		return nil
	}
	folder := base.Denoiser.FolderName()
	if len(base.Text) == 2 { // kohya names SDXL's denoiser as its single file does
		folder = func(name string) string { return name }
	}
	if o.Only != "text" {
		err = add(base.Denoiser, tuned.Denoiser, "lora_unet_", o.rankOf, folder)
	}
	for i, p := range base.Text {
		if o.Only == "denoiser" {
			break
		}
		prefix := "lora_te_"
		if len(base.Text) == 2 {
			prefix = fmt.Sprintf("lora_te%d_", i+1)
		}
		err = errors.Join(err, add(p, tuned.Text[i], prefix, func(name string) int {
			if !strings.HasPrefix(name, "encoder.layers.") {
				return 0
			}
			return o.Rank
		}, p.FolderName()))
	}
	return all, err
}

// rankOf is the rank for a weight of the denoiser.
func (o Extraction) rankOf(name string) int {
	switch {
	case strings.Contains(name, ".transformer_blocks."), strings.Contains(name, ".proj_in."), strings.Contains(name, ".proj_out."):
		return o.Rank
	case strings.HasPrefix(name, "input_blocks.0."), !strings.Contains(name, "_block"): // as kohya: neither the first nor the last convolution
		return 0
	}
	return o.ConvRank
}

// extract is what a module differs by, nothing where that is too little.
func (o Extraction) extract(m module) ([]part, error) {
	a, err := m.base.Floats()
	if err != nil {
		return nil, err
	}
	b, err := m.tuned.Floats()
	if err != nil {
		return nil, err
	}
	most := float32(0)
	for i := range b {
		b[i] -= a[i]
		most = max(most, abs(b[i]))
		if b[i]-b[i] != 0 {
			return nil, fmt.Errorf("value %d is not finite", i)
		}
	}
	if most == 0 || float64(most) <= o.Least {
		return nil, nil
	}
	shape := m.base.Shape
	f, err := lowRank(dense(b, int(shape[0])), m.rank)
	if err != nil {
		return nil, err
	}
	_, rank := f.up.Dims()
	up, down := []int64{shape[0], int64(rank)}, []int64{int64(rank), shape[1]}
	for _, d := range shape[2:] {
		up, down = append(up, 1), append(down, d)
	}
	return o.parts(m.name, floats(f.up), up, floats(f.down), down, rank)
}

func (o Extraction) parts(module string, up []float32, upShape []int64, down []float32, downShape []int64, alpha int) ([]part, error) {
	u, err := narrow(up, o.Type)
	if err != nil {
		return nil, err
	}
	d, err := narrow(down, o.Type)
	if err != nil {
		return nil, err
	}
	a, err := narrow([]float32{float32(alpha)}, o.Type)
	return []part{
		{checkpoint.Planned{Name: module + ".lora_up.weight", Stored: o.Type, Shape: upShape}, u},
		{checkpoint.Planned{Name: module + ".lora_down.weight", Stored: o.Type, Shape: downShape}, d},
		{checkpoint.Planned{Name: module + ".alpha", Stored: o.Type}, a},
	}, err
}
