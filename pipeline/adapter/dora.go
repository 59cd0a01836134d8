package adapter

import (
	"fmt"
	"math"
)

// DoRA (Liu et al. 2024, arXiv:2402.09353) is no kind but something that a module of several
// kinds may have beside its own: dora_scale gives each row or column of the merged weight its
// length. It is [1, in, 1, 1] or [out, 1, 1, 1]; the norm goes over all other axes.
const doraKey = "dora_scale"

// doraAxis is 0 where a scale is for the outputs of a weight, 1 for its inputs, -1 if neither.
func doraAxis(scale, w []int64) int {
	n := size(scale)
	switch {
	case len(w) < 2 || n < 1:
	case len(scale) == 1 && n == w[0] || len(scale) > 1 && scale[0] == n && n == w[0]:
		return 0
	case len(scale) > 1 && scale[1] == n && n == w[1]:
		return 1
	}
	return -1
}

func doraFits(m Module, w []int64) error {
	if m.Has(doraKey) && doraAxis(m.Shape(doraKey), w) < 0 {
		return fmt.Errorf("dora_scale of shape %v, want one for each output or input of a weight of shape %v", m.Shape(doraKey), w)
	}
	return nil
}

// dora makes of a change the one with the lengths that the module has.
func dora(m Module, w Tensor, d Delta) (Delta, error) {
	t, err := m.Tensor(doraKey)
	if err != nil {
		return Delta{}, err
	}
	axis := doraAxis(t.Shape, w.Shape)
	merged := append([]float32(nil), w.Values...)
	d.addTo(merged, int(w.Shape[0]), 1)
	sum := make([]float64, len(t.Values))
	along(w.Shape, axis, func(at, i int) { sum[i] += float64(merged[at]) * float64(merged[at]) })
	for i, v := range sum {
		if sum[i] = 0; v > 0 {
			sum[i] = float64(t.Values[i]) / math.Sqrt(v)
		}
	}
	along(w.Shape, axis, func(at, i int) { merged[at] = float32(float64(merged[at])*sum[i] - float64(w.Values[at])) })
	return Delta{Values: merged}, nil
}
