// Package ipadapter reads IP-Adapters (Ye et al. 2023, arXiv:2308.06721): files that let a picture
// steer a denoiser as a prompt does. Such a file holds two things: a projection, which turns what a
// vision encoder (clip.VisionEncoder) makes of the picture into a few tokens, and keys and values
// by which each attention to the text reads these tokens as well. The former is a network of its own
// (Open, OpenProjector), the latter are part of the denoiser's graph (unet.ImageAdapter); their weights stay
// in the user's file.
//
// Two kinds are read. A plain one reads the picture as one vector; one called plus reads the
// encoder's tokens before its last layer through a resampler (Alayrac et al. 2022, arXiv:2204.14198,
// section 3.1).
//
// Decisions:
// 2026-11-28: what the negative prompt's rows read is what the authors trained with: the projection of a
// zero vector (plain), or of what the encoder makes of pixels that all are zero (plus). The latter is a tensor
// of zeros, not a black picture.
package ipadapter

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Kind is how an adapter reads a picture.
type Kind string

// The kinds.
const (
	Plain Kind = "plain" // the whole picture's vector
	Plus  Kind = "plus"  // the tokens before the encoder's last layer
)

// File is an opened adapter. It is read-only and safe for use by several goroutines.
type File struct {
	*checkpoint.Part        // all tensors, by their own names
	Path             string // as given
	Kind             Kind
	Reads            int // width of what it reads of a vision encoder
	Width            int // of its tokens: that of the text which the model reads
	Tokens           int // that one picture becomes

	numbers []int  // of the attentions, in order: 1, 3, 5 …
	state   string // size and time of the file when it was opened
}

// The names of the two halves' tensors begin so.
const (
	projection = "image_proj."
	attentions = "ip_adapter."
)

// Open reads what an IP-Adapter is, a file of safetensors or of torch, without reading its values.
// A file of another kind is an error that says so.
func Open(path string) (*File, error) {
	p, err := checkpoint.OpenPart(path, "IP-Adapter")
	if err != nil {
		return nil, err
	}
	f := &File{Part: p, Path: path}
	err = f.sort()
	if err == nil {
		f.state, err = stateOf(path)
	}
	if err != nil {
		return nil, fault.With(fmt.Errorf("IP-Adapter %q: %w", shortName(path), err), fault.Hint(err))
	}
	return f, nil
}

// Key tells the file, and its state when it was opened, from others.
func (f *File) Key() string { return f.Path + "@" + f.state }

// Changed is an error once the file is not what was opened.
func (f *File) Changed() error {
	now, err := stateOf(f.Path)
	if err == nil && now != f.state {
		err = fault.New(fmt.Sprintf("IP-Adapter %q changed since it was opened", shortName(f.Path)), "Open it again.")
	}
	return err
}

func stateOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d@%d", info.Size(), info.ModTime().UnixNano()), nil
}

// shortName is a path's last part.
func shortName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// sort finds the kind and the sizes.
func (f *File) sort() error {
	has := func(name string) bool { _, ok := f.Part.Tensors[name]; return ok }
	any := func(piece string) bool {
		return slices.ContainsFunc(f.Names(), func(n string) bool { return strings.Contains(n, piece) })
	}
	const hint = "Choose one such as ip-adapter_sd15, ip-adapter-plus_sd15 or ip-adapter_sdxl."
	switch {
	case any("_lora.") || any(projection+"perceiver_resampler.") || has(projection+"norm.weight") && has(projection+"proj.0.weight"):
		return fault.New("this is a FaceID adapter, which reads the numbers of a face recognition and not a picture; want a plain IP-Adapter or one called plus", hint)
	case has(projection + "proj.3.weight"):
		return fault.New("this is a full-face adapter (image_proj.proj.3); want a plain IP-Adapter or one called plus", hint)
	case has(projection+"proj.weight") && has(projection+"norm.weight"):
		return f.plain()
	case has(projection+"latents") && has(projection+"proj_in.weight"):
		return f.plus()
	case any("ip_adapter") || any("image_proj"):
		return fault.New(fmt.Sprintf("has tensors such as %q, want image_proj.proj.weight or image_proj.latents, and ip_adapter.1.to_k_ip.weight", f.Names()[0]), hint)
	}
	what := "no tensors"
	if names := f.Names(); len(names) > 0 {
		what = fmt.Sprintf("tensors such as %q", names[0])
	}
	return fault.New(fmt.Sprintf("this is no IP-Adapter: it holds %s, want image_proj.… and ip_adapter.…", what), hint)
}

// shape is that of a tensor, of so many dimensions, none of them empty.
func (f *File) shape(name string, rank int) ([]int64, error) {
	t, ok := f.Part.Tensors[name]
	if !ok {
		return nil, fmt.Errorf("tensor %q is missing", name)
	}
	if len(t.Shape) != rank || slices.Min(t.Shape) < 1 {
		return nil, fmt.Errorf("tensor %q has shape %v, want %d dimensions", name, t.Shape, rank)
	}
	return t.Shape, nil
}

func (f *File) plain() error {
	proj, err := f.shape(projection+"proj.weight", 2)
	if err != nil {
		return err
	}
	norm, err := f.shape(projection+"norm.weight", 1)
	if err != nil {
		return err
	}
	if proj[0]%norm[0] != 0 {
		return fmt.Errorf("tensor %q has shape %v, want rows for whole tokens of width %d", projection+"proj.weight", proj, norm[0])
	}
	f.Kind, f.Reads, f.Width, f.Tokens = Plain, int(proj[1]), int(norm[0]), int(proj[0]/norm[0])
	return f.number()
}

func (f *File) plus() error {
	latents, err := f.shape(projection+"latents", 3)
	if err != nil {
		return err
	}
	in, err := f.shape(projection+"proj_in.weight", 2)
	if err != nil {
		return err
	}
	out, err := f.shape(projection+"proj_out.weight", 2)
	if err != nil {
		return err
	}
	if latents[0] != 1 || latents[2] != in[0] || out[1] != in[0] {
		return fmt.Errorf("latents have shape %v, want [1 tokens %d], and proj_out %v, want [width %d]", latents, in[0], out, in[0])
	}
	f.Kind, f.Reads, f.Width, f.Tokens = Plus, int(in[1]), int(out[0]), int(latents[1])
	return f.number()
}

// number finds the attentions that the file has keys and values for.
func (f *File) number() error {
	for _, name := range f.Names() {
		rest, ok := strings.CutPrefix(name, attentions)
		if !ok {
			continue
		}
		digits, tail, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || strconv.Itoa(n) != digits || tail != "to_k_ip.weight" && tail != "to_v_ip.weight" {
			return fmt.Errorf("tensor %q has no place in an IP-Adapter, want ip_adapter.NUMBER.to_k_ip.weight and to_v_ip.weight", name)
		}
		if tail == "to_k_ip.weight" {
			f.numbers = append(f.numbers, n)
		}
		if shape, err := f.shape(name, 2); err != nil {
			return err
		} else if int(shape[1]) != f.Width {
			return fmt.Errorf("tensor %q has shape %v, want it to read tokens of width %d", name, shape, f.Width)
		}
	}
	if len(f.numbers) == 0 {
		return fmt.Errorf("has no keys and values (ip_adapter.1.to_k_ip.weight …)")
	}
	slices.Sort(f.numbers)
	return nil
}
