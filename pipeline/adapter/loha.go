package adapter

import "fmt"

// loha is the elementwise product of two products of thin matrices (Hyeon-Woo et al. 2021,
// arXiv:2108.06098, in LyCORIS' names): alpha/rank · (w1_a·w1_b) ∘ (w2_a·w2_b). Of a
// convolution each factor may be in Tucker form: t [r, r, kernel], w_a [r, o], w_b [r, i].
var loha = Kind{
	Name: "LoHa",
	Marks: map[string]string{"hada_w1_a": ".weight", "hada_w1_b": ".weight", "hada_w2_a": ".weight", "hada_w2_b": ".weight",
		"hada_t1": ".weight", "hada_t2": ".weight"},
	Keys:  []string{"alpha", "scalar", "dora_scale"},
	Blind: true,
	Fits:  lohaFits,
	Delta: lohaDelta,
}

func lohaFits(m Module, w Tensor) error {
	for _, n := range []string{"1", "2"} {
		if err := m.Need("hada_w"+n+"_a", "hada_w"+n+"_b"); err != nil {
			return err
		}
		if err := factorsFit(m, "hada_w"+n, "hada_t"+n, w.Shape); err != nil {
			return err
		}
	}
	return nil
}

func lohaDelta(m Module, w Tensor) (Delta, error) {
	scale, err := m.scale(m.Shape("hada_w1_b")[0])
	if err != nil {
		return Delta{}, err
	}
	a, err := factors(m, "hada_w1", "hada_t1")
	if err != nil {
		return Delta{}, err
	}
	b, err := factors(m, "hada_w2", "hada_t2")
	if err != nil {
		return Delta{}, err
	}
	for i := range a {
		a[i] *= b[i] * scale
	}
	return Delta{Values: a}, nil
}

// factorsFit says whether NAME_a times NAME_b, with the Tucker core t between them where the
// module has one, has a shape.
func factorsFit(m Module, name, t string, shape []int64) error {
	a, b := m.Shape(name+"_a"), m.Shape(name+"_b")
	if !m.Has(t) {
		return productFits(name+"_a", name+"_b", a, b, shape)
	}
	r, o, ok := matrix(a)
	q, i, ok2 := matrix(b)
	if core := m.Shape(t); !ok || !ok2 || !fitsTucker(core, r, q, o, i, shape) {
		return fmt.Errorf("%s %v times %s_a %v and %s_b %v, want a weight of shape %v", t, core, name, a, name, b, shape)
	}
	return nil
}

// factors multiplies them.
func factors(m Module, name, t string) ([]float32, error) {
	v, err := m.Tensors(name+"_a", name+"_b")
	if err != nil {
		return nil, err
	}
	a := m.Shape(name + "_a")
	if !m.Has(t) {
		return product(v[0], v[1], int(a[0]), int(a[1])), nil
	}
	core, err := m.Tensor(t)
	if err != nil {
		return nil, err
	}
	return tucker(transposed(v[0], int(a[0])), core, v[1]), nil
}
