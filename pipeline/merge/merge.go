// Package merge makes a checkpoint of two or three: by A1111's and SuperMerger's methods, with
// shares for each block; another autoencoder and adapters can be baked in. extract.go finds the
// LoRA between two checkpoints, resize.go makes one smaller.
//
// Open reads headers only and says what cannot be merged. Write streams: it holds pieces of a
// few tensors at a time, whatever the size of the files.
//
// Which keys are merged is A1111's rule (modules/extras.py, run_modelmerger): those that both
// models have and that contain "model"; position_ids stay. All else is A's. An inpainting model
// A takes a plain model's first convolution into its first four channels.
package merge

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Options are one merge.
type Options struct {
	Method  string
	A, B, C string // files; C only for methods that take three
	Alpha   Blocks // how much of B goes in
	Beta    Blocks // how much of C, for methods that take it
	Type    string // of what is merged: "F32", "F16", "BF16", or "" for A's
	VAE     string // baked in: the file of one, or of a whole model; "" for A's

	Adapters []Baked // baked in, over what the merge gives
}

// Job is a merge whose files were opened. It is for one goroutine.
type Job struct {
	Options
	Notes []string // what was left as A has it, for people

	method   Method
	files    [3]map[string]checkpoint.Tensor
	last     int  // the last output block of A
	alone    bool // A is one network without a checkpoint's prefixes
	vae      map[string]checkpoint.Tensor
	baked    map[string][]bake
	likeness *likeness // for methods that need it, once it was measured
	heads    [3]map[string]string
}

// Open reads what the files hold. Its errors name the file and what was wanted of it.
func Open(o Options) (*Job, error) {
	j := &Job{Options: o}
	i := slices.IndexFunc(Methods, func(m Method) bool { return m.Name == o.Method })
	if i < 0 {
		return nil, fmt.Errorf("method %q, want one of %s", o.Method, strings.Join(MethodNames(), ", "))
	}
	j.method = Methods[i]
	if !slices.Contains([]string{"", "F32", "F16", "BF16"}, o.Type) {
		return nil, fmt.Errorf("type %q, want F32, F16 or BF16", o.Type)
	}
	for i, b := range []Blocks{o.Alpha, o.Beta} {
		if i == 0 && j.method.Files == 1 || i == 1 && !j.method.Beta {
			continue
		}
		if err := b.check(); err != nil {
			return nil, err
		}
	}
	if err := j.open(); err != nil {
		return nil, err
	}
	if err := j.check(); err != nil {
		return nil, err
	}
	if err := j.openVAE(); err != nil {
		return nil, err
	}
	return j, j.openAdapters()
}

func (j *Job) open() error {
	for i, path := range []string{j.A, j.B, j.C}[:j.method.Files] {
		if path == "" {
			return fmt.Errorf("no model %c, want a checkpoint: %s is %s", 'A'+i, j.Method, j.method.Short)
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return fault.New(fmt.Sprintf("model %c, %q, is a folder, want a single file", 'A'+i, filepath.Base(path)), "Models are merged as .safetensors or .ckpt files.")
		}
		p, err := checkpoint.OpenPart(path, "")
		if err != nil {
			return err
		}
		j.files[i], j.heads[i] = p.Tensors, p.Metadata
	}
	j.alone = !slices.ContainsFunc(slices.Collect(maps.Keys(j.files[0])), func(key string) bool { return strings.Contains(key, "model") })
	for j.last = 0; j.has(fmt.Sprintf("%soutput_blocks.%d.0.in_layers.0.weight", denoiserPrefix, j.last+1)); {
		j.last++
	}
	return nil
}

func (j *Job) has(key string) bool { _, ok := j.files[0][key]; return ok }

// MethodNames lists the methods.
func MethodNames() (names []string) {
	for _, m := range Methods {
		names = append(names, m.Name)
	}
	return names
}

// Merged says whether a key of A is merged, and not A's as it is.
func (j *Job) Merged(key string) bool {
	b, ok := j.files[1][key]
	if _, three := j.files[2][key]; j.method.Beta && !three {
		return false
	}
	return ok && j.counts(key) && b.IsFloat() &&
		(j.method.weights != nil || !strings.Contains(key, "first_stage_model")) // likeness says nothing of an autoencoder
}

// counts says whether a key is of the kind that mergers work on: a network's, which in a whole
// checkpoint has "model" in it. A file of one network alone has other keys, all of which count.
func (j *Job) counts(key string) bool {
	return (strings.Contains(key, "model") || j.alone) && !strings.HasSuffix(key, "position_ids") && j.files[0][key].IsFloat()
}

// check compares the shapes of what is merged and counts what is not.
func (j *Job) check() error {
	merged, kept := 0, 0
	for _, key := range slices.Sorted(maps.Keys(j.files[0])) {
		if !j.Merged(key) {
			if j.counts(key) {
				kept++
			}
			continue
		}
		merged++
		for i, f := range j.files[1:] {
			a, t, ok := j.files[0][key].Shape, f[key], false
			if t, ok = f[key]; !ok || slices.Equal(a, t.Shape) || inpaints(a, t.Shape) && j.method.weights != nil {
				continue
			}
			err := fmt.Errorf("tensor %q has shape %v in A and %v in %c", key, a, t.Shape, 'B'+i)
			if inpaints(t.Shape, a) {
				return fault.With(err, "Of an inpainting model and a plain one, A must be the inpainting model.")
			}
			return fault.With(err, "The models are of different kinds; those of one kind can be merged.")
		}
	}
	if j.method.Files == 1 {
		return nil
	}
	if merged == 0 || kept > merged {
		return fault.New(fmt.Sprintf("%d of %d weights of A have their like in B", merged, merged+kept),
			"The models are of different kinds, or B is a file of another kind, such as an adapter.")
	}
	if kept > 0 {
		j.Notes = append(j.Notes, fmt.Sprintf("%d weights stay as A has them: B lacks them, or the method leaves them alone", kept))
	}
	return nil
}

// inpaints says whether a is the first convolution of a model that reads 9 (inpainting) or 8
// channels (editing by instruction), and b that of a plain one.
func inpaints(a, b []int64) bool {
	return len(a) == 4 && len(b) == 4 && b[1] == 4 && (a[1] == 9 || a[1] == 8) && a[0] == b[0] && slices.Equal(a[2:], b[2:])
}
