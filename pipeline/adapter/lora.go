package adapter

import "fmt"

// lora is a product of two thin matrices beside a weight (Hu et al. 2021,
// arXiv:2106.09685), in the names of kohya's trainer: alpha/rank · up · down. Of a
// convolution either down has its kernel and up is 1×1, or (LoCon, "CP decomposition") both
// are 1×1 and mid [rank, rank, kernel] stands between them.
var lora = Kind{
	Name:  "LoRA",
	Marks: map[string]string{"lora_up.weight": ".weight", "lora_down.weight": ".weight", "lora_mid.weight": ".weight"},
	Keys:  []string{"alpha", "scalar", "dora_scale"},
	Blind: true,
	Fits:  loraFits,
	Delta: loraDelta,
}

func loraFits(m Module, w Tensor) error {
	if m.Has("lora_mid.weight") {
		if err := m.Need("lora_up.weight", "lora_down.weight"); err != nil {
			return err
		}
		up, down := m.Shape("lora_up.weight"), m.Shape("lora_down.weight")
		o, r, ok := matrix(up)
		q, i, ok2 := matrix(down)
		if mid := m.Shape("lora_mid.weight"); !ok || !ok2 || !fitsTucker(mid, r, q, o, i, w.Shape) {
			return fmt.Errorf("up %v times mid %v times down %v, want a weight of shape %v", up, mid, down, w.Shape)
		}
		return nil
	}
	return productFits("up", "down", m.Shape("lora_up.weight"), m.Shape("lora_down.weight"), w.Shape)
}

// productFits says whether up [o, rank, 1, 1] times down [rank, …] is a weight.
func productFits(upName, downName string, up, down, w []int64) error {
	o, r, ok := matrix(up)
	q, n, ok2 := matrix(down)
	if rows, rest, is := matrix(w); !ok || !ok2 || !is || o != rows || r != q || size(up[2:]) != 1 || n != rest {
		return fmt.Errorf("%s %v times %s %v, want a weight of shape %v", upName, up, downName, down, w)
	}
	return nil
}

func loraDelta(m Module, w Tensor) (Delta, error) {
	t, err := m.Tensors("lora_up.weight", "lora_down.weight")
	if err != nil {
		return Delta{}, err
	}
	up, down, rank := t[0], t[1], m.Shape("lora_down.weight")[0]
	if m.Has("lora_mid.weight") {
		rank = m.Shape("lora_up.weight")[1]
	}
	scale, err := m.scale(rank)
	if err != nil {
		return Delta{}, err
	}
	scaled(up, scale)
	if m.Has("lora_mid.weight") {
		mid, err := m.Tensor("lora_mid.weight")
		if err != nil {
			return Delta{}, err
		}
		return Delta{Values: tucker(up, mid, down)}, nil
	}
	if n := int64(m.Ranks); n > 0 && n < rank {
		up = columns(up, int(rank), int(n))
		down = down[:int64(len(down))/rank*n]
	}
	return Delta{Up: up, Down: down}, nil
}
