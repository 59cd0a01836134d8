package denoise

import (
	"context"
	"fmt"
	"image"

	"pentimento/pipeline/tensor"
)

// Place is a part of the picture that is evaluated on its own: a tile of a large one, or a region
// with a prompt of its own.
type Place struct {
	Box   image.Rectangle // in the latent's cells; empty: all of it, which is then evaluated as a whole
	Share *tensor.Tensor  // [h,w] of Box: what it counts in the mean of all that cover a cell; nil: 1
	Over  *tensor.Tensor  // [h,w] of Box, 0..1: it has no share, but lies over the mean by so much
	// Ask is what is evaluated there where the run asks for c; their mean by weights counts. None:
	// the place has no say in c. nil: c itself.
	Ask func(c Condition) []Part
}

// Placed evaluates each condition place by place and lays the results together: the mean by
// shares first (Bar-Tal et al. 2023, arXiv:2302.08113, eq. 5), then, blended over it by their mean Over,
// the mean of those places that lie over. A cell that no place covers becomes 0. Conditions for maps of
// attention (SAG) can be asked for whole places only.
func Placed(predict Predictor, places []Place) Predictor {
	return Batched(predict, places, func() int { return 1 })
}

// Batched is Placed with up to most boxes of one size in one evaluation: predict is then asked with the whole latent and conditions
// whose Box says which part of it is theirs. most is asked before each.
func Batched(predict Predictor, places []Place, most func() int) Predictor {
	return func(ctx context.Context, x *tensor.Tensor, sigma float64, conditions []Condition) ([]*tensor.Tensor, error) {
		sums := make([]layers, len(conditions))
		for i := range sums {
			sums[i] = newLayers(x.Shape)
		}
		var ahead []visit
		for i := 0; i < len(places); {
			group := places[i : i+1]
			for i++; i < len(places) && places[i].Box == group[0].Box; i++ {
				group = group[:len(group)+1]
			}
			v, err := visiting(x, conditions, group, sums)
			if err != nil {
				return nil, err
			}
			if len(ahead) > 0 && (len(ahead) >= most() || !ahead[0].beside(v)) {
				if err := evaluate(ctx, predict, x, sigma, ahead); err != nil {
					return nil, err
				}
				ahead = nil
			}
			ahead = append(ahead, v)
		}
		if err := evaluate(ctx, predict, x, sigma, ahead); err != nil {
			return nil, err
		}
		out := make([]*tensor.Tensor, len(sums))
		for i, s := range sums {
			out[i] = s.together()
		}
		return out, nil
	}
}

// visit is what is evaluated in one box: what several places there ask for once, and where it goes.
type visit struct {
	box   image.Rectangle
	whole bool // it is all of the latent
	all   []Condition
	lay   []func(clean []*tensor.Tensor)
}

// beside says whether two can be evaluated at once.
func (v visit) beside(o visit) bool { return !v.whole && !o.whole && v.box.Size() == o.box.Size() }

// visiting lays places of one box into the sums of the conditions, once they are evaluated.
func visiting(x *tensor.Tensor, conditions []Condition, group []Place, sums []layers) (v visit, err error) {
	type distinct struct {
		key
		negative bool
	}
	whole := image.Rect(0, 0, x.Shape[3], x.Shape[2])
	if v.box = group[0].Box; v.box.Empty() {
		v.box = whole
	}
	if v.whole = v.box == whole; !v.box.In(whole) {
		return v, fmt.Errorf("denoise: a place at %v of a latent of %v cells, want it within", v.box, whole.Size())
	}
	at := map[distinct]int{}
	for _, p := range group {
		p.Box = v.box
		for i, c := range conditions {
			var asked []int
			var weights []float64
			for _, part := range p.ask(c) {
				if !v.whole {
					part.Condition.Box = v.box
				}
				k := distinct{part.Condition.key(), part.Condition.Negative}
				if _, known := at[k]; !known {
					at[k] = len(v.all)
					v.all = append(v.all, part.Condition)
				}
				asked, weights = append(asked, at[k]), append(weights, part.Weight)
			}
			if len(asked) > 0 {
				v.lay = append(v.lay, func(clean []*tensor.Tensor) {
					var own []*tensor.Tensor
					for _, k := range asked {
						own = append(own, clean[k])
					}
					sums[i].add(composed(own, weights), p)
				})
			}
		}
	}
	return v, nil
}

// evaluate evaluates boxes of one size, all of it together where the machine can.
func evaluate(ctx context.Context, predict Predictor, x *tensor.Tensor, sigma float64, visits []visit) error {
	var all []Condition
	for _, v := range visits {
		all = append(all, v.all...)
	}
	if len(all) == 0 {
		return nil
	}
	if len(visits) == 1 {
		x = Cut(x, visits[0].box)
	}
	clean, err := predict(ctx, x, sigma, all)
	if err != nil {
		return err
	}
	for _, v := range visits {
		for _, do := range v.lay {
			do(clean[:len(v.all)])
		}
		clean = clean[len(v.all):]
	}
	return nil
}

func (p Place) ask(c Condition) []Part {
	if p.Ask == nil {
		return []Part{{c, 1}}
	}
	return p.Ask(c)
}

// Cut is a box of each latent [B,C,h,w]; all of it is the latent itself.
func Cut(x *tensor.Tensor, box image.Rectangle) *tensor.Tensor {
	if box.Dx() == x.Shape[3] && box.Dy() == x.Shape[2] {
		return x
	}
	out := tensor.New(x.Shape[0], x.Shape[1], box.Dy(), box.Dx())
	eachRow(x.Shape, box, func(whole, part int) {
		copy(out.Data[part:part+box.Dx()], x.Data[whole:whole+box.Dx()])
	})
	return out
}

// eachRow calls do for each row of a box in each plane of latents, with where it begins in the whole
// and in the part.
func eachRow(shape []int, box image.Rectangle, do func(whole, part int)) {
	h, w := shape[2], shape[3]
	part := 0
	for plane := range shape[0] * shape[1] {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			do((plane*h+y)*w+box.Min.X, part)
			part += box.Dx()
		}
	}
}

// layers gather the places of one condition.
type layers struct {
	sum, share        *tensor.Tensor // shares times predictions, and the shares
	above, over, deep *tensor.Tensor // the same of what lies over, their Over, and how many lie at a cell
}

func newLayers(shape []int) layers {
	return layers{sum: tensor.New(shape...), share: tensor.New(shape[2], shape[3])}
}

// add lays one place's prediction in.
func (l *layers) add(clean *tensor.Tensor, p Place) {
	into, counts, weight := l.sum, l.share, p.Share
	if p.Over != nil {
		if l.above == nil {
			l.above, l.over, l.deep = tensor.New(l.sum.Shape...), tensor.New(l.share.Shape...), tensor.New(l.share.Shape...)
		}
		into, counts, weight = l.above, l.deep, nil
	}
	w := p.Box.Dx()
	shape, first := l.sum.Shape, w*p.Box.Dy()
	eachRow(shape, p.Box, func(whole, part int) {
		for i := range w {
			at, share := part%first+i, float32(1)
			if weight != nil {
				share = weight.Data[at]
			}
			into.Data[whole+i] += share * clean.Data[part+i]
			if part < first { // the first plane counts for all
				counts.Data[whole+i] += share
				if p.Over != nil {
					l.over.Data[whole+i] += p.Over.Data[at]
				}
			}
		}
	})
}

// together is the mean with what lies over it.
func (l *layers) together() *tensor.Tensor {
	cells := len(l.share.Data)
	for i := range l.sum.Data {
		at := i % cells
		if s := l.share.Data[at]; s != 0 {
			l.sum.Data[i] /= s
		}
		if l.above == nil || l.deep.Data[at] == 0 {
			continue
		}
		over := l.over.Data[at] / l.deep.Data[at]
		l.sum.Data[i] = l.sum.Data[i]*(1-over) + l.above.Data[i]/l.deep.Data[at]*over
	}
	return l.sum
}
