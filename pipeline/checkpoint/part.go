package checkpoint

// OpenPart reads a safetensors file or one of torch as one network whose tensors keep the file's own
// names, such as a small decoder; nothing is decided about it. A damaged file is an error.
func OpenPart(path, role string) (*Part, error) {
	h, err := readFile(path)
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
