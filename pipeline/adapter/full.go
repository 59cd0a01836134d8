package adapter

import "fmt"

// full is a change of a whole weight, and of its bias, as it stands in the file.
var full = Kind{
	Name:  "full",
	Marks: map[string]string{"diff": ".weight", "diff_b": ".bias"},
	Keys:  []string{"alpha", "scalar"},
	Blind: true,
	Fits:  func(m Module, w Tensor) error { return addedFits(m, w, "diff", "diff_b") },
	Delta: func(m Module, w Tensor) (Delta, error) { return addedDelta(m, w, "diff", "diff_b") },
}

// norm is the same of a normalisation.
var norm = Kind{
	Name:  "norm",
	Marks: map[string]string{"w_norm": ".weight", "b_norm": ".bias"},
	Keys:  []string{"alpha", "scalar"},
	Blind: true,
	Fits:  func(m Module, w Tensor) error { return addedFits(m, w, "w_norm", "b_norm") },
	Delta: func(m Module, w Tensor) (Delta, error) { return addedDelta(m, w, "w_norm", "b_norm") },
}

// added is which of two keys speaks of a tensor.
func added(w Tensor, weight, bias string) string {
	if moduleOf(w.Name)+".bias" == w.Name {
		return bias
	}
	return weight
}

func addedFits(m Module, w Tensor, weight, bias string) error {
	key := added(w, weight, bias)
	if shape := m.Shape(key); size(shape) < 1 || size(shape) != size(w.Shape) || len(shape) > 1 && shape[0] != w.Shape[0] {
		return fmt.Errorf("%s of shape %v, want that of the weight, %v", key, shape, w.Shape)
	}
	return nil
}

func addedDelta(m Module, w Tensor, weight, bias string) (Delta, error) {
	t, err := m.Tensor(added(w, weight, bias))
	if err != nil {
		return Delta{}, err
	}
	scale, err := m.scale(0)
	if err != nil {
		return Delta{}, err
	}
	scaled(t.Values, scale)
	return Delta{Values: t.Values}, nil
}
