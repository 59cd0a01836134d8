package pipeline

import (
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/tensor"
)

// additions are what is added at each place within the network, by condition: additions[condition][place], nil
// for nothing.
type additions [][]*tensor.Tensor

func newAdditions(conditions, places int) additions {
	out := make(additions, conditions)
	for i := range out {
		out[i] = make([]*tensor.Tensor, places)
	}
	return out
}

// add adds [1 or B, C, h, w], of which height and width may be 1, at a place of a condition.
func (s additions) add(condition, place int, t *tensor.Tensor) {
	if was := s[condition][place]; was != nil {
		t = combined(was, t, func(a, b float32) float32 { return a + b })
	}
	s[condition][place] = t
}

// rows are the sums for each place of all conditions, of b latents each; nil where nothing is added.
func (s additions) rows(b int) (out []*tensor.Tensor, err error) {
	any := false
	for place := range s[0] {
		var parts []*tensor.Tensor
		var shape []int
		same := true
		for _, of := range s {
			t := of[place]
			parts = append(parts, t)
			same = same && t == s[0][place]
			if t != nil {
				shape = larger(shape, t.Shape)
			}
		}
		if shape == nil {
			out = append(out, nil)
			continue
		}
		any = true
		if same && parts[0].Shape[0] == 1 {
			out = append(out, parts[0])
			continue
		}
		shape[0] = b
		for i, t := range parts {
			if zero := tensor.New(shape...); t == nil {
				parts[i] = zero
			} else if parts[i] = t; !t.SameShape(zero) {
				parts[i] = combined(zero, t, func(_, v float32) float32 { return v })
			}
		}
		t := parts[0]
		if len(parts) > 1 {
			if t, err = tensor.Concat(0, parts...); err != nil {
				return nil, err
			}
		}
		out = append(out, t)
	}
	if !any {
		return nil, nil
	}
	return out, nil
}

// larger is the shape that holds both.
func larger(a, b []int) []int {
	out := append([]int{}, b...)
	for i, n := range a {
		out[i] = max(out[i], n)
	}
	return out
}

// combined is do of both for each value; axes of length 1 count for every place of the other's.
func combined(a, b *tensor.Tensor, do func(a, b float32) float32) *tensor.Tensor {
	out := tensor.New(larger(a.Shape, b.Shape)...)
	n, c, h, w := out.Shape[0], out.Shape[1], out.Shape[2], out.Shape[3]
	pixels.InParallel(n*c, func(i int) {
		for y := range h {
			pa, pb := line(a, i/c, i%c, y), line(b, i/c, i%c, y)
			to := out.Data[(i*h+y)*w:][:w]
			for x := range to {
				to[x] = do(pa[x%len(pa)], pb[x%len(pb)])
			}
		}
	})
	return out
}

// line is a row of a tensor; indices of axes of length 1 do not count.
func line(t *tensor.Tensor, n, c, y int) []float32 {
	at := 0
	for i, v := range []int{n, c, y} {
		at = at*t.Shape[i] + v%t.Shape[i]
	}
	return t.Data[at*t.Shape[3]:][:t.Shape[3]]
}

// averaged is the mean over the picture of each channel, [n,C,1,1].
func averaged(t *tensor.Tensor) *tensor.Tensor {
	out := tensor.New(t.Shape[0], t.Shape[1], 1, 1)
	plane := t.Shape[2] * t.Shape[3]
	for i := range out.Data {
		sum := 0.0
		for _, v := range t.Data[i*plane:][:plane] {
			sum += float64(v)
		}
		out.Data[i] = float32(sum / float64(plane))
	}
	return out
}

// bilinear scales a plane [1,1,h,w] as torch's interpolate does (align_corners false): each place
// mixes its four nearest, also where the plane shrinks.
func bilinear(t *tensor.Tensor, h, w int) *tensor.Tensor {
	if t.Shape[2] == h && t.Shape[3] == w {
		return t
	}
	out := tensor.New(1, 1, h, w)
	down, across := mixes(t.Shape[2], h), mixes(t.Shape[3], w)
	for y, v := range down {
		for x, u := range across {
			at := func(y, x int) float32 { return t.Data[y*t.Shape[3]+x] }
			upper := (1-u.share)*at(v.at, u.at) + u.share*at(v.at, u.next)
			lower := (1-u.share)*at(v.next, u.at) + u.share*at(v.next, u.next)
			out.Data[y*w+x] = (1-v.share)*upper + v.share*lower
		}
	}
	return out
}

// mix is a place between two of a line.
type mix struct {
	at, next int
	share    float32 // of next
}

func mixes(from, to int) []mix {
	out, scale := make([]mix, to), float32(from)/float32(to)
	for i := range out {
		p := max(scale*(float32(i)+0.5)-0.5, 0)
		at := min(int(p), from-1)
		out[i] = mix{at, min(at+1, from-1), p - float32(at)}
	}
	return out
}
