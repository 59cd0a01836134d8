package graph

import "fmt"

// Still is the Change that fixes the sizes of a graph's inputs, by their names, so that the sizes
// of all values are known before it runs: what a device records of a run holds for one set of them.
func Still(shapes map[string][]int) Change {
	return func(g *Graph) error {
		if g.IsForeign() {
			return fmt.Errorf("it is of another program, whose sizes stay open")
		}
		for i, v := range g.Inputs {
			shape := shapes[v.Name]
			if len(shape) != len(v.Shape) {
				return fmt.Errorf("input %q has %d dimensions, and %v are to be fixed", v.Name, len(v.Shape), shape)
			}
			dims := make([]Dim, len(shape))
			for k, n := range shape {
				if d := v.Shape[k].Fixed; n <= 0 || d > 0 && d != int64(n) {
					return fmt.Errorf("input %q: dimension %d is %d, and %d is to be fixed", v.Name, k, d, n)
				}
				dims[k] = Fixed(int64(n))
			}
			g.Inputs[i].Shape = dims
		}
		return nil
	}
}
