// Package checkpoint opens a Stable Diffusion model as its users have it: one
// .safetensors file, one of torch (.ckpt, .pt), one of GGUF, or a diffusers folder. Which it is the content
// says, not the name. Nothing is converted and no weight is read:
// a Checkpoint says which tensor is at which bytes of which file, under one space of
// names, so that a network's graph can point at them.
//
// Start reading at Open. safetensors.go reads one file's header, torch.go one of torch by
// package pickle, gguf.go one of GGUF by package gguf, folder.go a diffusers folder, names.go brings both layouts to one name space, families.go decides what it is,
// stable.go what that means for Stable Diffusion, settings.go what the shapes cannot say
// (prediction, schedule), inspect.go writes the report.
//
// Names: the denoiser and the autoencoder go by the original single-file names without
// their prefix ("input_blocks.0.0.weight", "encoder.conv_in.weight"), text encoders by
// the names of the folder layout without "text_model." ("encoder.layers.0.mlp.fc1.weight").
// The fused q/k/v of the open-clip layout are three views into one tensor. Its text
// projection is kept as "text_projection" ([in, out]); the folder layout's transposed one
// is "text_projection.weight" ([out, in]).
//
// Safety: headers are at most 100 MB and MaxTensors entries, every range is checked
// against the file, JSON configs are limited, nothing is ever executed.
//
// Decisions:
// 2026-11-23: the header is read by a small scanner of our own: encoding/json would keep
// the last of two equal keys, and its buffers triple the memory of a hostile header.
// 2026-11-27: what a family's files are is a value (Family) that the caller of Open may
// bring; how its networks run is package family's, because this room may import none. The
// rows of Stable Diffusion are here (stable.go): their names are this room's name space.
// 2026-11-23: an SD 2 single file brings one text layer more than the model uses; the
// last one is left out, so that both layouts mean the same (the original used the
// penultimate state).
package checkpoint

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pentimento/pipeline/gguf"
	"pentimento/pipeline/graph"
)

// Tensor is one named array inside a file: bytes [Offset, Offset+Length) of File hold
// Shape values of Type, row-major and little-endian. Where Stride is set (views in files of
// torch), the value at index i stands sum(i[k]*Stride[k]) values behind the first, and Length
// is what they take when they are gathered. Where the file has blocks of a few bits a value
// (Stored is "Q8_0" and the like), Type is what they are decoded to and Length is the blocks'.
type Tensor struct {
	Name           string // in the part's name space
	Key            string // as the file calls it
	File           string // absolute, symbolic links resolved
	Type           graph.DType
	Stored         string // the file's word for the type: "F32", "F8_E4M3"
	Shape, Stride  []int64
	Offset, Length int64

	blocks gguf.Type // what the file's bytes are decoded from; 0: they are the values
	scale  float32   // what 8-bit floats are multiplied by; 0: nothing
}

// Part is one network's tensors and what its shapes do not say. It is read-only after
// Open and safe for use by several goroutines.
type Part struct {
	Role    string // "denoiser", "vae", "text_encoder", "text_encoder_2"
	Tensors map[string]Tensor

	Heads      Heads  // attention heads: denoiser and text encoders
	Activation string // text encoders: "quick_gelu" or "gelu"
	EndToken   int64  // text encoders: the id whose first position is pooled
	Groups     int64  // denoiser and vae: groups of GroupNorm

	Metadata map[string]string // of a file that OpenPart read
	ONNX     *ONNX             // of another program; nil: the weights are Tensors
}

// Heads is the rule for attention heads; exactly one of Count and Size is positive.
type Heads struct {
	Count int64   // the same number everywhere
	Size  int64   // width / Size heads
	Level []int64 // heads per level of the denoiser, finest first, where a config lists them
}

// Of is the number of heads at the given level and width, or an error where the width
// cannot be divided so. A negative level means the coarsest one.
func (h Heads) Of(level int, width int64) (int64, error) {
	n := h.Count
	if len(h.Level) > 0 {
		if level < 0 || level >= len(h.Level) {
			level = len(h.Level) - 1
		}
		n = h.Level[level]
	} else if h.Size > 0 {
		n = width / h.Size
	}
	if n < 1 || width%n != 0 {
		return 0, fmt.Errorf("width %d cannot be split into %d attention heads", width, n)
	}
	return n, nil
}

// Weight looks a tensor up for a graph.Builder; ok is false where there is none.
func (p *Part) Weight(name string) (graph.Weight, bool) {
	t, ok := p.Tensors[name]
	if !ok {
		return graph.Weight{}, false
	}
	return t.weight(name), true
}

// Names lists the part's tensors in order.
func (p *Part) Names() []string {
	names := make([]string, 0, len(p.Tensors))
	for n := range p.Tensors {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// File is one file a checkpoint reads from, and what it looked like when it was opened.
type File struct {
	Path    string
	Size    int64
	ModTime time.Time
}

// Checkpoint is an opened model. It is read-only and safe for use by several goroutines.
type Checkpoint struct {
	Path     string // as given, made absolute
	Layout   string // "single" or "folder"
	Family   *Family
	Channels int64  // channels of the denoiser's input
	DType    string // of the denoiser's matrices: "fp32", "fp16", "bf16", or "mixed"
	Files    []File
	// Inpainting says that the denoiser reads a mask and the masked picture's latent beside
	// the latent.
	Inpainting bool
	// Guided says that the denoiser was distilled to read the strength of guidance: it needs
	// one evaluation a step, and no negative prompt.
	Guided bool

	Denoiser *Part
	VAE      *Part   // the autoencoder
	Text     []*Part // none, one or two
	// Tokenizers are folders that hold vocab.json and merges.txt, one per text encoder;
	// empty for a single file, whose vocabulary is the program's own.
	Tokenizers []string
	Metadata   map[string]string

	Settings
	Separate []Separate // networks that are not in Path, given or found near it
	Problems []string   // what is odd but did not stop the opening, for people

	configs configs
	loose   map[string]Tensor // tensors that belong to no part
}

// Options override what a checkpoint says about itself; the zero value overrides nothing.
type Options struct {
	Families   []*Family // that may be recognised, in this order; nil: StableDiffusion
	VAE        string    // a separate VAE: a file, or a diffusers vae folder; see Beside
	Text       []string  // separate text encoders: files, or diffusers folders of one; see Beside
	Prediction string    // "epsilon" or "v"
	// ZeroTerminalSNR says whether the noise levels end in pure noise; nil: as the files say.
	ZeroTerminalSNR *bool
}

// Error says what is wrong with a model file. Advice, where there is some, is apart.
type Error struct {
	Path   string
	Err    error
	Advice string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("checkpoint %q: %v", filepath.Base(e.Path), e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint is what the user can do about it; empty where nothing is known.
func (e *Error) Hint() string { return e.Advice }

// Changed reports an error where a file of the checkpoint was rewritten, truncated or
// removed since Open. The weights are mapped while a network is loaded: call it before a
// run, so that such a change ends the job and not the program.
func (c *Checkpoint) Changed() error {
	for _, f := range c.Files {
		if err := f.changed(); err != nil {
			return &Error{Path: c.Path, Err: err, Advice: "The model file changed while it was in use. Open it again."}
		}
	}
	return nil
}

func (f File) changed() error {
	info, err := os.Stat(f.Path)
	if err != nil {
		return err
	}
	if info.Size() != f.Size || !info.ModTime().Equal(f.ModTime) {
		return fmt.Errorf("file %q changed since it was opened: %d bytes of %s, want %d bytes of %s",
			f.Path, info.Size(), info.ModTime().Format(time.RFC3339), f.Size, f.ModTime.Format(time.RFC3339))
	}
	return nil
}

// Open reads what a model is from its names, shapes and configs, in milliseconds and
// without touching a weight. path is a .safetensors file, a file of torch or of GGUF, or a diffusers
// folder. The error
// of a file that isn't a complete model says what was found and what is missing.
func Open(path string, o Options) (*Checkpoint, error) {
	c, err := open(path, o)
	if err != nil {
		return nil, wrap(path, err)
	}
	return c, nil
}

// wrap names the model an error belongs to, once.
func wrap(path string, err error) error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Path: path, Err: err, Advice: advice(err)}
}

func open(path string, o Options) (*Checkpoint, error) {
	src, err := read(path)
	if err != nil {
		return nil, err
	}
	if err := src.supply(o); err != nil {
		return nil, err
	}
	c, err := src.identify(o.Families)
	if err != nil {
		return nil, src.named(err)
	}
	if err := c.Family.Settle(c); err != nil {
		return nil, err
	}
	if err := c.settle(o); err != nil {
		return nil, err
	}
	return c, nil
}

// source is what a path holds before anything is decided about it.
type source struct {
	path, layout string
	parts        map[string]*Part // by the names of Stable Diffusion
	tensors      []keyed          // all of them, as they come; of a folder, once they are asked for
	vae          bool             // of another file
	beside       []Separate
	files        []File
	metadata     map[string]string
	loose        map[string]Tensor // tensors that belong to no part
	tokenizers   []string
	configs      configs
	problems     []string
}

// read opens a file or a folder.
func read(path string) (*source, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return readFolder(abs)
	}
	return readSingle(abs)
}

func readSingle(path string) (*source, error) {
	h, err := readFile(path)
	if err != nil {
		return nil, err
	}
	src := &source{path: path, layout: "single", files: []File{h.file}, metadata: h.metadata}
	for _, t := range h.tensors {
		src.tensors = append(src.tensors, keyed{t.Key, t})
	}
	if h.beyond > 0 {
		src.problems = append(src.problems, fmt.Sprintf("%d bytes behind the last tensor mean nothing and are left alone", h.beyond))
	}
	if src.configs.yaml, err = readYAML(path); err != nil {
		src.problems = append(src.problems, err.Error()+"; it is left alone")
	}
	if src.parts, src.loose, err = splitStable(h.tensors); err != nil {
		return nil, err
	}
	return src, src.bareDenoiser()
}

// replaceVAE takes the VAE of another file, which may be one of any layout or a whole model.
func (s *source) replaceVAE(path string) error {
	other, err := readVAE(path)
	if err != nil {
		return wrap(path, err)
	}
	if other.parts["vae"] == nil {
		return wrap(path, fmt.Errorf("holds no VAE: neither decoder.conv_in.weight nor first_stage_model.decoder.conv_in.weight"))
	}
	s.parts["vae"], s.vae = other.parts["vae"], true
	s.configs.vae = other.configs.vae
	for _, f := range other.files {
		if !slices.Contains(s.files, f) {
			s.files = append(s.files, f)
		}
	}
	return nil
}

// dtype counts the element types of matrices and says them as one word; whole numbers,
// such as tables of positions, do not count.
func (p *Part) dtype() string {
	count := map[string]int{}
	for _, t := range p.Tensors {
		if len(t.Shape) > 1 && t.Type != graph.Int64 && t.Type != graph.Int32 {
			count[t.typeName()]++
		}
	}
	if name := mostBlocks(count); name != "" {
		return name
	}
	switch len(count) {
	case 0:
		return ""
	case 1:
		for n := range count {
			return n
		}
	}
	return "mixed"
}

// mostBlocks is the kind of blocks that most tensors are of: a file of blocks has few of other
// types, and is called by them. "" where none are.
func mostBlocks(count map[string]int) (most string) {
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if _, blocks := gguf.Named(name); blocks && count[name] > count[most] {
			most = name
		}
	}
	return most
}

func (t Tensor) typeName() string {
	if t.Type == 0 || t.blocks != 0 {
		return t.Stored
	}
	return t.Type.String()
}

// sortTensors orders tensors as they lie in the file.
func sortTensors(ts []Tensor) {
	slices.SortFunc(ts, func(a, b Tensor) int {
		if c := cmp.Compare(a.Offset, b.Offset); c != 0 {
			return c
		}
		return cmp.Compare(a.Length, b.Length)
	})
}
