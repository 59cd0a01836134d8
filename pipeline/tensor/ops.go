package tensor

import (
	"fmt"
	"math"
	"slices"
)

// The operations below return a new tensor unless the name says Into. Operands must have
// the same number of elements; where they do not, the shorter one decides and the shape
// is the first operand's: arithmetic never panics. Callers that take tensors from outside
// check shapes first (SameShape).

// Scale returns a·x.
func Scale(a float32, x *Tensor) *Tensor {
	out := New(x.Shape...)
	for i, v := range x.Data {
		out.Data[i] = a * v
	}
	return out
}

// Axpy returns a·x + y.
func Axpy(a float32, x, y *Tensor) *Tensor { return Combine(a, x, 1, y) }

// Combine returns a·x + b·y.
func Combine(a float32, x *Tensor, b float32, y *Tensor) *Tensor {
	out := New(x.Shape...)
	CombineInto(out, a, x, b, y)
	return out
}

// CombineInto writes a·x + b·y to out, which may be x or y.
func CombineInto(out *Tensor, a float32, x *Tensor, b float32, y *Tensor) {
	n := min(len(out.Data), len(x.Data), len(y.Data))
	o, p, q := out.Data[:n], x.Data[:n], y.Data[:n]
	for i := range o {
		o[i] = a*p[i] + b*q[i]
	}
}

// Blend returns x·(1−m) + y·m element by element. The mask m has x's shape, or one
// channel [B,1,H,W] or one picture [1,1,H,W] for x [B,C,H,W], and is repeated. Where m is
// exactly 0 or 1 the result is bit for bit x or y.
func Blend(x, y, m *Tensor) (*Tensor, error) {
	if !x.SameShape(y) {
		return nil, fmt.Errorf("tensor: blend of shapes %v and %v", x.Shape, y.Shape)
	}
	at, err := Repeat(m, x.Shape)
	if err != nil {
		return nil, err
	}
	out := New(x.Shape...)
	for i := range out.Data {
		switch w := m.Data[at(i)]; w {
		case 0:
			out.Data[i] = x.Data[i]
		case 1:
			out.Data[i] = y.Data[i]
		default:
			out.Data[i] = x.Data[i] + w*(y.Data[i]-x.Data[i])
		}
	}
	return out, nil
}

// Repeat says which element of m stands for element i of a tensor of the given shape:
// m has that shape, or 1 in the leading dimensions (batch, channel) where shape has more.
func Repeat(m *Tensor, shape []int) (func(i int) int, error) {
	bad := fmt.Errorf("tensor: a mask of shape %v does not spread over %v", m.Shape, shape)
	if len(m.Shape) != len(shape) {
		return nil, bad
	}
	if m.SameShape(&Tensor{Shape: shape}) {
		return func(i int) int { return i }, nil
	}
	if len(shape) < 2 || !slices.Equal(m.Shape[2:], shape[2:]) {
		return nil, bad
	}
	plane, channels := Size(shape[2:]), shape[1]
	mb, mc := m.Shape[0], m.Shape[1]
	if mb != 1 && mb != shape[0] || mc != 1 && mc != channels || plane == 0 {
		return nil, bad
	}
	return func(i int) int {
		b, c := i/plane/channels, i/plane%channels
		return (b%mb*mc+c%mc)*plane + i%plane
	}, nil
}

// Concat joins tensors along dimension dim; all other dimensions must agree.
func Concat(dim int, parts ...*Tensor) (*Tensor, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("tensor: nothing to join")
	}
	shape := append([]int(nil), parts[0].Shape...)
	if dim < 0 || dim >= len(shape) {
		return nil, fmt.Errorf("tensor: no dimension %d in shape %v", dim, shape)
	}
	shape[dim] = 0
	for _, p := range parts {
		if len(p.Shape) != len(shape) {
			return nil, fmt.Errorf("tensor: join of shapes %v and %v", parts[0].Shape, p.Shape)
		}
		for d := range shape {
			if d != dim && p.Shape[d] != parts[0].Shape[d] {
				return nil, fmt.Errorf("tensor: join of shapes %v and %v along %d", parts[0].Shape, p.Shape, dim)
			}
		}
		shape[dim] += p.Shape[dim]
	}
	out := New(shape...)
	outer, at := Size(shape[:dim]), 0
	for o := range outer {
		for _, p := range parts {
			row := Size(p.Shape[dim:])
			at += copy(out.Data[at:], p.Data[o*row:(o+1)*row])
		}
	}
	return out, nil
}

// Batch returns entries [from, to) of the first dimension; the data is shared with x.
func (t *Tensor) Batch(from, to int) *Tensor {
	if len(t.Shape) == 0 {
		return t
	}
	row := Size(t.Shape[1:])
	from = min(max(from, 0), t.Shape[0])
	to = min(max(to, from), t.Shape[0])
	shape := append([]int{to - from}, t.Shape[1:]...)
	return &Tensor{Shape: shape, Data: t.Data[from*row : to*row : to*row]}
}

// RMS is the root of the mean square over all elements, in float64; 0 for no elements.
func (t *Tensor) RMS() float64 {
	var sum float64
	for _, v := range t.Data {
		sum += float64(v) * float64(v)
	}
	if len(t.Data) == 0 {
		return 0
	}
	return math.Sqrt(sum / float64(len(t.Data)))
}

// Std is the standard deviation over all elements around their mean, with n−1 as
// divisor (as torch.std); 0 for fewer than two elements.
func (t *Tensor) Std() float64 {
	if len(t.Data) < 2 {
		return 0
	}
	var sum, square float64
	for _, v := range t.Data {
		sum += float64(v)
	}
	mean := sum / float64(len(t.Data))
	for _, v := range t.Data {
		square += (float64(v) - mean) * (float64(v) - mean)
	}
	return math.Sqrt(square / float64(len(t.Data)-1))
}

// BadValue returns the index of the first NaN or infinity, or −1.
func (t *Tensor) BadValue() int {
	for i, v := range t.Data {
		if v-v != 0 { // only finite values differ from themselves by zero
			return i
		}
	}
	return -1
}
