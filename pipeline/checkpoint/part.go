package checkpoint

import "path/filepath"

// Bundled begins the keys of embeddings in files of something else, bundle_emb.NAME.KEY: they are
// of no network (package embedding).
const Bundled = "bundle_emb."

// OpenPart reads a safetensors file or one of torch as one network whose tensors keep the file's own
// names, such as a small decoder; nothing is decided about it. A damaged file is an error.
func OpenPart(path, role string) (*Part, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, wrap(path, err)
	}
	h, err := readFile(abs)
	if err != nil {
		return nil, wrap(path, err)
	}
	p := &Part{Role: role, Tensors: map[string]Tensor{}, Metadata: h.metadata}
	for _, t := range h.tensors {
		t.Name = t.Key
		p.Tensors[t.Key] = t
	}
	return p, nil
}

// FromFolder is the part with the names of a diffusers denoiser brought to ours; others stay.
func (p *Part) FromFolder() (*Part, error) {
	tensors := make([]Tensor, 0, len(p.Tensors))
	for _, name := range p.Names() {
		t := p.Tensors[name]
		t.Key = name // the blocks are counted by what the part calls them
		tensors = append(tensors, t)
	}
	out, err := fromFolder("denoiser", tensors)
	if err != nil {
		return nil, err
	}
	out.Role = p.Role
	return out, nil
}

// Words says in words what a file is that isn't a checkpoint, or that it is one; "" where
// nothing tells.
func Words(path string) string {
	s, err := read(path)
	if err != nil {
		return ""
	}
	if k, ok := s.strangerOf(); ok {
		return k.words
	}
	if s.parts["denoiser"] != nil {
		return "a checkpoint"
	}
	return ""
}
