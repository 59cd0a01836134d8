package tensor

import (
	"fmt"
	"math"
)

// Filter is how planes are resized, with torch's names (torch.nn.functional.interpolate,
// align_corners false).
type Filter struct {
	Name      string // nearest, nearest-exact, bilinear or bicubic
	Antialias bool   // bilinear and bicubic: the filter widens where the picture shrinks
}

// Resize gives the planes of x [B,C,h,w] another size, as torch does in float32.
func Resize(x *Tensor, h, w int, f Filter) (*Tensor, error) {
	if len(x.Shape) != 4 || h < 1 || w < 1 || len(x.Data) == 0 {
		return nil, fmt.Errorf("tensor: shape %v resized to %d × %d, want [B C h w] and at least 1 × 1", x.Shape, w, h)
	}
	down, err := f.taps(x.Shape[2], h)
	if err != nil {
		return nil, err
	}
	across, err := f.taps(x.Shape[3], w)
	if err != nil {
		return nil, err
	}
	b, c, oldH, oldW := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	wide := New(b, c, oldH, w)
	for row := range b * c * oldH {
		for i, t := range across {
			wide.Data[row*w+i] = t.sum(x.Data[row*oldW:], 1)
		}
	}
	out := New(b, c, h, w)
	for plane := range b * c {
		for y, t := range down {
			for i := range w {
				out.Data[(plane*h+y)*w+i] = t.sum(wide.Data[plane*oldH*w+i:], w)
			}
		}
	}
	return out, nil
}

// tap is what one sample of the result is made of.
type tap struct {
	at      []int
	weights []float64
}

// sum is the weighted sum of values that stand stride apart.
func (t tap) sum(values []float32, stride int) float32 {
	s := 0.0
	for i, at := range t.at {
		s += t.weights[i] * float64(values[at*stride])
	}
	return float32(s)
}

// taps are those of each sample along an axis.
func (f Filter) taps(from, to int) ([]tap, error) {
	out := make([]tap, to)
	scale := float64(from) / float64(to)
	for i := range out {
		switch {
		case f.Name == "nearest":
			out[i] = tap{[]int{min(int(float32(i)*float32(scale)), from-1)}, []float64{1}}
		case f.Name == "nearest-exact":
			out[i] = tap{[]int{min(int((float32(i)+0.5)*float32(scale)), from-1)}, []float64{1}}
		case f.Antialias && f.Name == "bilinear":
			out[i] = widened((float64(i)+0.5)*scale, max(scale, 1), 1, from, triangle)
		case f.Antialias && f.Name == "bicubic":
			out[i] = widened((float64(i)+0.5)*scale, max(scale, 1), 2, from, func(d float64) float64 { return cubic(d, -0.5) })
		case f.Name == "bilinear":
			at := max((float64(i)+0.5)*scale-0.5, 0)
			left := int(at)
			out[i] = tap{[]int{left, min(left+1, from-1)}, []float64{1 - (at - float64(left)), at - float64(left)}}
		case f.Name == "bicubic":
			at := (float64(i)+0.5)*scale - 0.5
			left := int(math.Floor(at))
			for k := left - 1; k <= left+2; k++ {
				out[i].at = append(out[i].at, min(max(k, 0), from-1))
				out[i].weights = append(out[i].weights, cubic(at-float64(k), -0.75))
			}
		default:
			return nil, fmt.Errorf("tensor: filter %q, want nearest, nearest-exact, bilinear or bicubic", f.Name)
		}
	}
	return out, nil
}

// widened are the taps of a filter of some reach, stretched by scale, around a centre, as Pillow has them.
func widened(centre, scale, reach float64, n int, filter func(float64) float64) tap {
	first := max(int(centre-reach*scale+0.5), 0)
	last := min(int(centre+reach*scale+0.5), n)
	var t tap
	total := 0.0
	for k := first; k < last; k++ {
		w := filter((float64(k) - centre + 0.5) / scale)
		t.at, t.weights, total = append(t.at, k), append(t.weights, w), total+w
	}
	for i := range t.weights {
		t.weights[i] /= total
	}
	return t
}

func triangle(d float64) float64 { return max(0, 1-math.Abs(d)) }

// cubic is the convolution kernel of Keys (1981), a its free number.
func cubic(d, a float64) float64 {
	switch d = math.Abs(d); {
	case d < 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((d-5)*d+8)*d*a - 4*a
	}
	return 0
}

// Bislerp resizes latents x [B,C,h,w] along great circles: between neighbours their direction
// turns and their length is mixed, first across, then down (ComfyUI's "bislerp").
func Bislerp(x *Tensor, h, w int) (*Tensor, error) {
	if len(x.Shape) != 4 || h < 1 || w < 1 || len(x.Data) == 0 {
		return nil, fmt.Errorf("tensor: shape %v resized to %d × %d, want [B C h w] and at least 1 × 1", x.Shape, w, h)
	}
	b, c, oldH, oldW := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	wide := New(b, c, oldH, w)
	across := between(oldW, w)
	for n := range b {
		for y := range oldH {
			for i, at := range across {
				from := func(k int) int { return (n*c*oldH+y)*oldW + k }
				slerp(wide.Data[(n*c*oldH+y)*w+i:], oldH*w, x.Data[from(at.left):], x.Data[from(at.right):], oldH*oldW, c, at.ratio)
			}
		}
	}
	out := New(b, c, h, w)
	for n := range b {
		for y, at := range between(oldH, h) {
			for i := range w {
				from := func(k int) int { return (n*c*oldH+k)*w + i }
				slerp(out.Data[(n*c*h+y)*w+i:], h*w, wide.Data[from(at.left):], wide.Data[from(at.right):], oldH*w, c, at.ratio)
			}
		}
	}
	return out, nil
}

// neighbours are the two samples that one of the result lies between.
type neighbours struct {
	left, right int
	ratio       float64 // 0 is left
}

func between(from, to int) []neighbours {
	out := make([]neighbours, to)
	for i := range out {
		at := min(max((float64(i)+0.5)*float64(from)/float64(to)-0.5, 0), float64(from-1))
		left := int(at)
		out[i] = neighbours{left, min(left+1, from-1), at - float64(left)}
	}
	return out
}

// slerp writes what lies between two vectors of n values; stride is between values of a and b, into's its
// own.
func slerp(into []float32, intoStride int, a, b []float32, stride, n int, ratio float64) {
	var aa, bb, ab float64
	for i := range n {
		u, v := float64(a[i*stride]), float64(b[i*stride])
		aa, bb, ab = aa+u*u, bb+v*v, ab+u*v
	}
	la, lb := math.Sqrt(aa), math.Sqrt(bb)
	dot := 0.0
	if la > 0 && lb > 0 {
		dot = min(max(ab/(la*lb), -1), 1)
	}
	p, q := 1-ratio, ratio // of a and b as they are
	switch {
	case dot > 1-1e-5:
		p, q = 1, 0
	case dot >= 1e-5-1:
		angle := math.Acos(dot)
		length := la*(1-ratio) + lb*ratio
		p, q = 0, 0
		if la > 0 {
			p = math.Sin((1-ratio)*angle) / math.Sin(angle) * length / la
		}
		if lb > 0 {
			q = math.Sin(ratio*angle) / math.Sin(angle) * length / lb
		}
	}
	for i := range n {
		into[i*intoStride] = float32(p*float64(a[i*stride]) + q*float64(b[i*stride]))
	}
}
