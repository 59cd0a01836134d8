package adapter

import "fmt"

// ia3 multiplies a weight along one axis (Liu et al. 2022, arXiv:2205.05638): W · w, along its
// inputs where on_input is 1, else along its outputs.
var ia3 = Kind{
	Name:  "IA3",
	Marks: map[string]string{"on_input": ".weight"},
	Keys:  []string{"weight", "scalar"},
	Fits: func(m Module, w Tensor) error {
		if err := m.Need("weight"); err != nil {
			return err
		}
		if n := size(m.Shape("weight")); len(w.Shape) < 2 || size(w.Shape) < 1 || n != w.Shape[0] && n != w.Shape[1] {
			return fmt.Errorf("a factor of shape %v, want one for each input or output of a weight of shape %v", m.Shape("weight"), w.Shape)
		}
		return nil
	},
	Delta: ia3Delta,
}

func ia3Delta(m Module, w Tensor) (Delta, error) {
	input, err := m.Scalar("on_input", 0)
	if err != nil {
		return Delta{}, err
	}
	scale, err := m.scale(0)
	if err != nil {
		return Delta{}, err
	}
	t, err := m.Tensor("weight")
	if err != nil {
		return Delta{}, err
	}
	axis := 0
	if input != 0 {
		axis = 1
	}
	if int64(len(t.Values)) != w.Shape[axis] {
		return Delta{}, fmt.Errorf("a factor of shape %v with on_input %g, want %d values", t.Shape, input, w.Shape[axis])
	}
	out := make([]float32, len(w.Values))
	along(w.Shape, axis, func(at, i int) { out[at] = w.Values[at] * t.Values[i] * scale })
	return Delta{Values: out}, nil
}

// along calls do for each value of a tensor with its index along one axis, the first or second.
func along(shape []int64, axis int, do func(at, i int)) {
	inner := int(size(shape[axis+1:]))
	n, at := int(shape[axis]), 0
	for range int(size(shape[:axis])) {
		for i := range n {
			for range inner {
				do(at, i)
				at++
			}
		}
	}
}
