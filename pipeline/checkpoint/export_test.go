package checkpoint

// SplitStable is splitStable of a part's tensors.
func SplitStable(p *Part) (map[string]*Part, map[string]Tensor, error) {
	var ts []Tensor
	for _, n := range p.Names() {
		ts = append(ts, p.Tensors[n])
	}
	return splitStable(ts)
}
