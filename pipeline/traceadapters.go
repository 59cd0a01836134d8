package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/tensor"
)

// AdapterTargets says which weight of a model each module of an adapter file means: its name
// in the single file without ".weight", nil where it is none. No weight is read.
func AdapterTargets(m Models, modules []string) (map[string]*string, error) {
	ck, err := family.Open(m.Model, m.Options())
	if err != nil {
		return nil, err
	}
	out := map[string]*string{}
	for _, module := range modules {
		out[module] = nil
	}
	for _, p := range adaptable(ck.Checkpoint) {
		find := adapter.Modules(p)
		for _, module := range modules {
			for _, name := range find(module) {
				if key := singleName(ck.Checkpoint, p, name); out[module] == nil && !strings.HasSuffix(key, ".bias") {
					key = strings.TrimSuffix(key, ".weight")
					out[module] = &key
				}
			}
		}
	}
	return out, nil
}

// AdapterChange is what the request's adapters together change weights of its model by, which
// are named as in the single file. Of the request it reads Models and Adapters.
func AdapterChange(q Request, weights []string) (map[string]*tensor.Tensor, error) {
	ck, err := family.Open(q.Model, q.Options())
	if err != nil {
		return nil, err
	}
	var all []adapted
	for _, a := range q.Adapters {
		f, _, err := a.find(q.Model, q.Where.AdapterFiles, ck.Checkpoint)
		if err != nil {
			return nil, err
		}
		blocks, err := a.weights(q.Model, ck.Checkpoint)
		if err != nil {
			return nil, err
		}
		all = append(all, adapted{f, blocks, a})
	}
	out := map[string]*tensor.Tensor{}
	for _, p := range adaptable(ck.Checkpoint) {
		strength := adapted.onText
		if p == ck.Denoiser {
			strength = adapted.onDenoiser
		}
		changes := uses(all, strength)
		for _, t := range inFile(p) {
			name := singleName(ck.Checkpoint, p, t.Name)
			if !slices.Contains(weights, name) {
				continue
			}
			change, err := adapter.Change(p, t.Name, changes...)
			if err != nil {
				return nil, err
			}
			if out[name] == nil {
				out[name] = &tensor.Tensor{Shape: append([]int{0}, intsOf(t.Shape)[min(1, len(t.Shape)):]...)}
			}
			out[name].Shape[0] += int(t.Shape[0])
			out[name].Data = append(out[name].Data, change...)
		}
	}
	for _, name := range weights {
		if out[name] == nil {
			return nil, fault.New(fmt.Sprintf("the model has no weight %q that adapters reach", name), "Weights are called as in a single file: model.diffusion_model.….weight.")
		}
	}
	return out, nil
}

// adaptable are the parts of a model that adapters change.
func adaptable(ck *checkpoint.Checkpoint) []*checkpoint.Part {
	return append([]*checkpoint.Part{ck.Denoiser}, ck.Text...)
}

// inFile is a part's tensors as they lie in their file: pieces of one tensor follow another.
func inFile(p *checkpoint.Part) (out []checkpoint.Tensor) {
	for _, t := range p.Tensors {
		if len(t.Shape) > 0 {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b checkpoint.Tensor) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Name, b.Name))
	})
	return out
}

// singleName is what a single file calls a tensor of a part. Text encoders of folders have it
// in the way of Stable Diffusion 1.
func singleName(ck *checkpoint.Checkpoint, p *checkpoint.Part, name string) string {
	key := p.Tensors[name].Key
	for _, before := range []string{"model.diffusion_model.", "cond_stage_model.", "conditioner."} {
		if strings.HasPrefix(key, before) {
			return key
		}
	}
	switch {
	case p.Role == "denoiser":
		return "model.diffusion_model." + name
	case p.Role == "text_encoder_2":
		return "conditioner.embedders.1.model." + name
	case len(ck.Text) > 1:
		return "conditioner.embedders.0.transformer.text_model." + name
	}
	return "cond_stage_model.transformer.text_model." + name
}

func intsOf(shape []int64) (out []int) {
	for _, d := range shape {
		out = append(out, int(d))
	}
	return out
}
