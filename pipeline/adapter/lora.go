package adapter

import "fmt"

// lora is a product of two thin matrices beside a weight (Hu et al. 2021,
// arXiv:2106.09685), in the names of kohya's trainer: alpha/rank · up · down. A convolution's
// down has its kernel, up is 1×1.
var lora = Kind{
	Name:  "LoRA",
	Keys:  []string{"lora_up.weight", "lora_down.weight", "alpha"},
	Ends:  []string{".weight"},
	Fits:  loraFits,
	Delta: loraDelta,
}

func loraFits(m Module, w Tensor) error {
	up, down := m.Shape("lora_up.weight"), m.Shape("lora_down.weight")
	if len(up) < 2 || len(down) < 2 || len(w.Shape) < 2 || up[0] != w.Shape[0] || up[1] != down[0] || down[0] == 0 ||
		size(up[2:]) != 1 || size(down[1:]) != size(w.Shape[1:]) || size(w.Shape) == 0 {
		return fmt.Errorf("up %v times down %v, want a weight of shape %v", up, down, w.Shape)
	}
	return nil
}

func size(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	return n
}

func loraDelta(m Module, w Tensor) ([]float32, error) {
	up, err := m.Tensor("lora_up.weight")
	if err != nil {
		return nil, err
	}
	down, err := m.Tensor("lora_down.weight")
	if err != nil {
		return nil, err
	}
	rank, rows := int(down.Shape[0]), int(w.Shape[0])
	alpha, err := m.Scalar("alpha", float32(rank))
	if err != nil {
		return nil, err
	}
	for i := range up.Values {
		up.Values[i] *= alpha / float32(rank)
	}
	return product(up.Values, down.Values, rows, rank), nil
}

// product multiplies a [rows,inner] with b [inner,n], in float32. Four rows of b at a time
// are twice as fast as one.
func product(a, b []float32, rows, inner int) []float32 {
	n := len(b) / inner
	out := make([]float32, rows*n)
	for i := range rows {
		row, k := out[i*n:(i+1)*n], 0
		for ; k+4 <= inner; k += 4 {
			f, g := a[i*inner+k:i*inner+k+4], b[k*n:]
			b0, b1, b2, b3 := g[:len(row)], g[n:n+len(row)], g[2*n:2*n+len(row)], g[3*n:3*n+len(row)]
			f0, f1, f2, f3 := f[0], f[1], f[2], f[3]
			for j := range row {
				row[j] += f0*b0[j] + f1*b1[j] + f2*b2[j] + f3*b3[j]
			}
		}
		for ; k < inner; k++ {
			for j, v := range b[k*n : (k+1)*n] {
				row[j] += a[i*inner+k] * v
			}
		}
	}
	return out
}
