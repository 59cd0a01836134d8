// Package embedding reads the words that people train for a model (textual inversion, Gal et
// al. 2022): small files of vectors that a text encoder reads in place of a name's tokens.
//
// Start at Open: what forms of file there are. Find lists the files near a model. How a prompt
// names them is prompt.Lexicon; how a text encoder takes them, clip.Encoder.
//
// Decisions:
// 2026-11-28: the name is the file's, as A1111 and ComfyUI have it, whatever the file says.
// 2026-11-28: more vectors than a prompt's window holds go over several, as in ComfyUI (A1111 cuts
// them silently); more than ten windows' are no embedding.
// 2026-11-28: a picture with an embedding inside (A1111's .png) goes by its file's name, too, and
// counts after the other files of that name, whose preview it may be.
package embedding

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/tensor"
)

// maxVectors is how many tokens ten windows of CLIP hold.
const maxVectors = 10 * 75

// File is an opened embedding. It is read-only and safe for use by several goroutines.
type File struct {
	Path string
	// Vectors is how many tokens it takes the place of, Widths how wide they are for each text
	// encoder: [768] of SD 1.x, [1024] of SD 2.x, [768 1280] of SDXL.
	Vectors int
	Widths  []int

	sets    []checkpoint.Tensor
	picture *tensor.Tensor // the vectors in a picture; else nil
}

// encoders are the keys under which files of several text encoders hold each one's vectors, as
// A1111 and as diffusers' training scripts write them.
var encoders = [][]string{{"clip_l", "text_encoders_0"}, {"clip_g", "text_encoders_1"}}

// param begins the key of the vectors in a file of A1111's; what follows is its token, "*".
const param = "string_to_param."

// Open reads what a file holds, without its values: A1111's .pt (string_to_param) and .png,
// diffusers' learned_embeds and ComfyUI's files ({token: tensor}, emb_params), SDXL's clip_l and
// clip_g, and what is bundled in a checkpoint or an adapter (Bundled).
func Open(path string) (*File, error) {
	f := &File{Path: path}
	if isPicture(path) {
		if err := f.openPicture(); err != nil {
			return nil, f.wrap(err)
		}
		return f, nil
	}
	file, name, isBundled := within(path)
	if !isBundled {
		file = path
	}
	p, err := checkpoint.OpenPart(file, "embedding")
	if err == nil && isBundled {
		p.Tensors = bundles(p)[name]
	}
	if err == nil {
		err = f.sort(p)
	}
	if err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

// sort finds the vectors.
func (f *File) sort(p *checkpoint.Part) error {
	for _, keys := range encoders {
		for _, key := range keys {
			if t, ok := p.Tensors[key]; ok {
				f.sets = append(f.sets, t)
				break
			}
		}
	}
	if len(f.sets) == 0 {
		single, err := only(p)
		if err != nil {
			return err
		}
		f.sets = []checkpoint.Tensor{single}
	}
	for i := range f.sets {
		t := &f.sets[i]
		if len(t.Shape) == 1 {
			t.Shape = append([]int64{1}, t.Shape...)
			if t.Stride != nil {
				t.Stride = append([]int64{0}, t.Stride...)
			}
		}
		switch {
		case len(t.Shape) != 2:
			return fmt.Errorf("tensor %q has shape %v, want [vectors, width]", t.Key, t.Shape)
		case t.Shape[0] < 1 || t.Shape[1] < 1:
			return fmt.Errorf("tensor %q has shape %v, want at least one vector", t.Key, t.Shape)
		case t.Shape[0] > maxVectors:
			return fault.New(fmt.Sprintf("tensor %q has %d vectors, want at most %d", t.Key, t.Shape[0], maxVectors), "Ten windows of a prompt hold no more.")
		case t.Shape[0] != f.sets[0].Shape[0]:
			return fmt.Errorf("tensor %q has %d vectors, want %d as %q has", t.Key, t.Shape[0], f.sets[0].Shape[0], f.sets[0].Key)
		}
		f.Widths = append(f.Widths, int(t.Shape[1]))
	}
	f.Vectors = int(f.sets[0].Shape[0])
	return nil
}

// only is the tensor of a file that holds one set of vectors.
func only(p *checkpoint.Part) (checkpoint.Tensor, error) {
	var old, all []string
	for _, name := range slices.Sorted(maps.Keys(p.Tensors)) {
		if strings.HasPrefix(name, param) {
			old = append(old, name)
		}
		if t := p.Tensors[name]; len(t.Shape) > 0 && !strings.Contains(name, "string_to_token") {
			all = append(all, name)
		}
	}
	if len(old) > 0 {
		all = old
	}
	switch len(all) {
	case 1:
		return p.Tensors[all[0]], nil
	case 0:
		return checkpoint.Tensor{}, fault.New("holds no vectors", "Embeddings are files such as A1111's .pt or diffusers' learned_embeds.")
	}
	return checkpoint.Tensor{}, fault.New(fmt.Sprintf("holds %d tensors (%q, %q …), want those of one embedding", len(all), all[0], all[1]),
		"It is a file of another kind, or of several embeddings.")
}

// Fits says why the embedding is none for text encoders of these widths; nil: it is one.
func (f *File) Fits(widths []int) error {
	if slices.Equal(f.Widths, widths) {
		return nil
	}
	return f.wrap(fault.New(fmt.Sprintf("its vectors are %s wide, this model's %s", sum(f.Widths), sum(widths)),
		"It was made for another family of models: 768 is Stable Diffusion 1.x, 1024 is 2.x, 768 + 1280 SDXL."))
}

func sum(widths []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(widths), " ", " + "), "[]")
}

// Read gives the vectors, [n,W] for each text encoder.
func (f *File) Read() ([]*tensor.Tensor, error) {
	if f.picture != nil { // JSON has finite numbers alone
		return []*tensor.Tensor{f.picture.Clone()}, nil
	}
	var out []*tensor.Tensor
	for _, t := range f.sets {
		values, err := t.Floats()
		if err != nil {
			return nil, f.wrap(err)
		}
		for i, v := range values {
			if v-v != 0 {
				return nil, f.wrap(fault.New(fmt.Sprintf("vector %d of %q holds %g, want finite numbers", i/int(t.Shape[1])+1, t.Key, v), "The file is damaged, or its training went wrong."))
			}
		}
		out = append(out, &tensor.Tensor{Shape: []int{int(t.Shape[0]), int(t.Shape[1])}, Data: values})
	}
	return out, nil
}

func (f *File) wrap(err error) error {
	return fault.With(fmt.Errorf("embedding %q: %w", filepath.Base(f.Path), err), fault.Hint(err))
}

// SumsKey is A1111's parameter for the sums of a picture's embeddings: "name: sum, name: sum".
const SumsKey = "TI hashes"

// sumDigits is how many digits of a sum recipes have.
const sumDigits = 12

// Sum tells a file by what it holds, as A1111's recipes do: the first digits of its SHA-256. What is
// bundled is told by its vectors alone.
func Sum(ctx context.Context, path string) (string, error) {
	if _, _, ok := within(path); ok {
		f, err := Open(path)
		if err != nil {
			return "", err
		}
		return f.vectorSum()
	}
	s, err := checkpoint.FileSums(ctx, path, nil)
	if err != nil {
		return "", err
	}
	return s.SHA256[:sumDigits], nil
}
