package adapter

import "fmt"

// lokr is the Kronecker product of two small matrices (LyCORIS' names): each whole or
// w_a·w_b, the second possibly in Tucker form. Its scale is alpha/rank, and 1 where both are
// whole.
var lokr = Kind{
	Name: "LoKr",
	Marks: map[string]string{"lokr_w1": ".weight", "lokr_w1_a": ".weight", "lokr_w1_b": ".weight",
		"lokr_w2": ".weight", "lokr_w2_a": ".weight", "lokr_w2_b": ".weight", "lokr_t2": ".weight"},
	Keys:  []string{"alpha", "scalar", "dora_scale"},
	Blind: true,
	Fits:  lokrFits,
	Delta: lokrDelta,
}

// lokrSides are the shapes of the two that are multiplied: [oa, ia] and [ob, ib, kernel].
func lokrSides(m Module, w []int64) (one, two []int64, err error) {
	if one = m.Shape("lokr_w1"); !m.Has("lokr_w1") {
		if err := m.Need("lokr_w1_a", "lokr_w1_b"); err != nil {
			return nil, nil, err
		}
		a, b := m.Shape("lokr_w1_a"), m.Shape("lokr_w1_b")
		if len(a) != 2 || len(b) != 2 {
			return nil, nil, fmt.Errorf("lokr_w1_a %v times lokr_w1_b %v, want two matrices", a, b)
		}
		one = []int64{a[0], b[1]}
		if err := productFits("lokr_w1_a", "lokr_w1_b", a, b, one); err != nil {
			return nil, nil, err
		}
	}
	wrong := fmt.Errorf("lokr_w1 of shape %v, want a matrix that divides a weight of shape %v", one, w)
	if len(one) != 2 || len(w) < 2 || size(one) < 1 || size(w) < 1 || w[0]%one[0] != 0 || w[1]%one[1] != 0 {
		return nil, nil, wrong
	}
	return one, append([]int64{w[0] / one[0], w[1] / one[1]}, w[2:]...), nil
}

func lokrFits(m Module, w Tensor) error {
	_, two, err := lokrSides(m, w.Shape)
	if err != nil {
		return err
	}
	if m.Has("lokr_w2") {
		r, n, ok := matrix(m.Shape("lokr_w2"))
		if o, rest, _ := matrix(two); !ok || r != o || n != rest {
			return fmt.Errorf("lokr_w2 of shape %v, want %v", m.Shape("lokr_w2"), two)
		}
		return nil
	}
	if err := m.Need("lokr_w2_a", "lokr_w2_b"); err != nil {
		return err
	}
	return factorsFit(m, "lokr_w2", "lokr_t2", two)
}

func lokrDelta(m Module, w Tensor) (Delta, error) {
	one, two, err := lokrSides(m, w.Shape)
	if err != nil {
		return Delta{}, err
	}
	rank := int64(0)
	side := func(name, t string) (v []float32, err error) {
		if m.Has(name) {
			all, err := m.Tensors(name)
			if err != nil {
				return nil, err
			}
			return all[0], nil
		}
		rank = m.Shape(name + "_b")[0]
		return factors(m, name, t)
	}
	a, err := side("lokr_w1", "")
	if err != nil {
		return Delta{}, err
	}
	b, err := side("lokr_w2", "lokr_t2")
	if err != nil {
		return Delta{}, err
	}
	scale, err := m.scale(rank)
	if err != nil {
		return Delta{}, err
	}
	scaled(a, scale)
	return Delta{Values: kronecker(a, b, one, two)}, nil
}

// kronecker is out[oa·OB+ob, ia·IB+ib, k] = a[oa, ia] · b[ob, ib, k].
func kronecker(a, b []float32, one, two []int64) []float32 {
	oa, ia, ob, n := int(one[0]), int(one[1]), int(two[0]), int(size(two[1:]))
	out := make([]float32, 0, len(a)*len(b))
	for i := range oa {
		for j := range ob {
			row := b[j*n : (j+1)*n]
			for _, f := range a[i*ia : (i+1)*ia] {
				for _, v := range row {
					out = append(out, f*v)
				}
			}
		}
	}
	return out
}
