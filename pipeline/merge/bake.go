package merge

import (
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
)

// Baked is an adapter that becomes part of the weights.
type Baked struct {
	File           string
	Denoiser, Text float64 // strengths
}

func (b Baked) String() string {
	return fmt.Sprintf("%s:%g:%g", filepath.Base(b.File), b.Text, b.Denoiser)
}

// bake is the changes of one weight of a network, which is a key of the file from value first
// on: the fused weights of an open-clip text encoder are three.
type bake struct {
	changes *adapter.Changes
	weight  string
	first   int64
	count   int64
}

// openAdapters finds which keys the adapters change.
func (j *Job) openAdapters() error {
	if len(j.Adapters) == 0 {
		return nil
	}
	c, err := checkpoint.Open(j.A, checkpoint.Options{})
	if err != nil {
		return fault.With(err, "Adapters can be baked into a whole checkpoint.")
	}
	parts := append([]*checkpoint.Part{c.Denoiser}, c.Text...)
	j.baked = map[string][]bake{}
	for i, part := range parts {
		var uses []adapter.Use
		for _, b := range j.Adapters {
			f, err := adapter.Open(b.File)
			if err != nil {
				return err
			}
			left, err := f.Without(parts...)
			if err != nil {
				return err
			}
			if len(left) > 0 && i == 0 {
				j.Notes = append(j.Notes, fmt.Sprintf("adapter %q: module %q and %d more have no place in this model", filepath.Base(b.File), left[0], len(left)-1))
			}
			strength := b.Text
			if i == 0 {
				strength = b.Denoiser
			}
			uses = append(uses, adapter.Use{File: f, Strength: strength})
		}
		if err := j.place(part, uses); err != nil {
			return err
		}
	}
	return nil
}

// place sorts what the adapters change of a network by the keys of A.
func (j *Job) place(part *checkpoint.Part, uses []adapter.Use) error {
	changes, err := adapter.ChangesOf(part, uses...)
	if err != nil {
		return err
	}
	for _, name := range changes.Weights() {
		t := part.Tensors[name]
		first := int64(0)
		if whole := j.files[0][t.Key]; whole.Count() != t.Count() {
			first = (t.Offset - whole.Offset) / max(t.Type.Size(), 1)
		}
		j.baked[t.Key] = append(j.baked[t.Key], bake{changes, name, first, t.Count()})
	}
	return nil
}

// bake changes the values of a key as the adapters say.
func (j *Job) bake(key string, values []float32) error {
	for _, b := range j.baked[key] {
		if b.first < 0 || b.first+b.count > int64(len(values)) {
			return fmt.Errorf("tensor %q: values %d to %d of %d", key, b.first, b.first+b.count, len(values))
		}
		if err := b.changes.Apply(b.weight, values[b.first:b.first+b.count]); err != nil {
			return err
		}
	}
	return nil
}
