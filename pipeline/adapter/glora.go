package adapter

import "fmt"

// glora adds to a LoRA a product of the weight itself (Chavan et al. 2023, arXiv:2306.07967):
// alpha/rank · (W·A + B), A over the weight's inputs, B = a LoRA. LyCORIS' files of before 2024
// hold A = a2·a1 and B = b2·b1, later ones A = a1·a2 and B = b1·b2; their shapes tell which.
var glora = Kind{
	Name:  "GLoRA",
	Marks: map[string]string{"a1.weight": ".weight", "a2.weight": ".weight", "b1.weight": ".weight", "b2.weight": ".weight"},
	Keys:  []string{"alpha", "scalar", "dora_scale"},
	Fits:  func(m Module, w Tensor) error { _, err := gloraOrder(m, w.Shape); return err },
	Delta: gloraDelta,
}

// gloraOrder is the keys in the order A's first and second factor, B's first and second.
func gloraOrder(m Module, w []int64) (keys [4]string, err error) {
	late, old := [4]string{"a1.weight", "a2.weight", "b1.weight", "b2.weight"}, [4]string{"a2.weight", "a1.weight", "b2.weight", "b1.weight"}
	if err := m.Need(late[:]...); err != nil {
		return keys, err
	}
	fits := func(k [4]string) bool {
		_, in, ok := matrix(m.Shape(k[0]))
		in2, out, ok2 := matrix(m.Shape(k[1]))
		if _, rest, is := matrix(w); !ok || !ok2 || !is || in != in2 || m.Shape(k[0])[0] != out || out != w[1] && out != rest {
			return false
		}
		return productFits("", "", m.Shape(k[2]), m.Shape(k[3]), w) == nil
	}
	// Where the rank is as large as the weight both fit; the older form then is the likely one
	// for a square weight alone.
	switch isLate, isOld := fits(late), fits(old); {
	case isOld && (!isLate || w[0] == w[1]):
		return old, nil
	case isLate:
		return late, nil
	}
	return keys, fmt.Errorf("a1 %v, a2 %v, b1 %v, b2 %v, want factors of a weight of shape %v",
		m.Shape("a1.weight"), m.Shape("a2.weight"), m.Shape("b1.weight"), m.Shape("b2.weight"), w)
}

func gloraDelta(m Module, w Tensor) (Delta, error) {
	keys, err := gloraOrder(m, w.Shape)
	if err != nil {
		return Delta{}, err
	}
	t, err := m.Tensors(keys[:]...)
	if err != nil {
		return Delta{}, err
	}
	scale, err := m.scale(m.Shape(keys[3])[0])
	if err != nil {
		return Delta{}, err
	}
	in, rank := int(m.Shape(keys[0])[0]), len(t[1])/int(m.Shape(keys[0])[0])
	values, kernel := w.Values, len(w.Values)/int(w.Shape[0])/in
	if kernel > 1 { // A is over the channels alone: each place of the kernel by itself
		values = inner(values, in, kernel)
	}
	sum := product(product(values, t[0], len(values)/in, in), t[1], len(values)/in, rank)
	if kernel > 1 {
		sum = inner(sum, kernel, in)
	}
	accumulate(sum, t[2], t[3], int(w.Shape[0]))
	scaled(sum, scale)
	return Delta{Values: sum}, nil
}
