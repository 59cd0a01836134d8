package ort

import (
	"math"
	"testing"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// areaOf is adaptive average pooling, window by window.
func areaOf(x *tensor.Tensor, h, w int) *tensor.Tensor {
	n, c, oldH, oldW := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	out := tensor.New(n, c, h, w)
	for plane := range n * c {
		for i := range h {
			for j := range w {
				sum, count := 0.0, 0.0
				for y := i * oldH / h; y < ((i+1)*oldH+h-1)/h; y++ {
					for k := j * oldW / w; k < ((j+1)*oldW+w-1)/w; k++ {
						sum, count = sum+float64(x.Data[(plane*oldH+y)*oldW+k]), count+1
					}
				}
				out.Data[(plane*h+i)*w+j] = float32(sum / count)
			}
		}
	}
	return out
}

// arcsOf is ComfyUI's bislerp: along the width, then along the height, each place by itself.
func arcsOf(x *tensor.Tensor, h, w int) *tensor.Tensor {
	along := func(x *tensor.Tensor, axis, length int) *tensor.Tensor {
		shape := append([]int{}, x.Shape...)
		shape[axis] = length
		out, old := tensor.New(shape...), x.Shape[axis]
		channels := shape[1]
		for b := range shape[0] {
			for i := range shape[2] {
				for j := range shape[3] {
					k := []int{i, j}[axis-2]
					at := min(max((float64(k)+0.5)*float64(old)/float64(length)-0.5, 0), float64(old-1))
					first := int(at)
					second, r := min(first+1, old-1), at-float64(first)
					pick := func(place int) (v []float64, norm float64) {
						y, z := i, j
						if axis == 2 {
							y = place
						} else {
							z = place
						}
						for c := range channels {
							f := float64(x.Data[((b*channels+c)*x.Shape[2]+y)*x.Shape[3]+z])
							v, norm = append(v, f), norm+f*f
						}
						return v, math.Sqrt(norm)
					}
					one, lengthOne := pick(first)
					two, lengthTwo := pick(second)
					dot := 0.0
					for c := range channels {
						if lengthOne > 0 && lengthTwo > 0 {
							dot += one[c] / lengthOne * two[c] / lengthTwo
						}
					}
					angle := math.Acos(min(max(dot, -1), 1))
					for c := range channels {
						unit := func(v, norm float64) float64 {
							if norm == 0 {
								return 0
							}
							return v / norm
						}
						v := (math.Sin((1-r)*angle)/math.Sin(angle)*unit(one[c], lengthOne) + math.Sin(r*angle)/math.Sin(angle)*unit(two[c], lengthTwo)) * (lengthOne*(1-r) + lengthTwo*r)
						switch {
						case dot > 1-1e-5:
							v = one[c]
						case dot < 1e-5-1:
							v = one[c]*(1-r) + two[c]*r
						}
						out.Data[((b*channels+c)*shape[2]+i)*shape[3]+j] = float32(v)
					}
				}
			}
		}
		return out
	}
	return along(along(x, 3, w), 2, h)
}

// What a graph resizes by area and by arcs is what those ways are defined as, smaller and larger; to
// the same size not a bit changes.
func TestPicturesAreResizedByAreaAndByArcs(t *testing.T) {
	for how, want := range map[string]func(x *tensor.Tensor, h, w int) *tensor.Tensor{"area": areaOf, "bislerp": arcsOf} {
		b := graph.NewBuilder("resize", func(string) (graph.Weight, bool) { return graph.Weight{}, false }, graph.Variant{})
		dims := func(of string) []graph.Dim {
			return []graph.Dim{graph.Named("batch"), graph.Fixed(5), graph.Named("height" + of), graph.Named("width" + of)}
		}
		x := b.Input("x", dims("")...)
		y := b.Resize("to", x, b.Input("like", dims(" wanted")...), how)
		b.Output("y", y, dims(" wanted")...)
		small := b.Shrink("by", x, b.Input("by", graph.Fixed(1)), how)
		b.Output("small", small, small.Shape...)
		g, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, g, model.Options{})
		for _, c := range [][4]int{{16, 12, 8, 6}, {13, 9, 7, 8}, {7, 8, 13, 30}, {1, 5, 3, 2}, {64, 96, 43, 64}, {11, 14, 11, 14}} {
			in := pipelinetest.UnitNoise("resize", 2, 5, c[0], c[1])
			for p := range c[0] * c[1] { // some neighbours are alike, opposite, or nothing
				for ch := range 5 {
					at := ch*c[0]*c[1] + p
					switch {
					case p%7 == 1:
						in.Data[at] = in.Data[at-1]
					case p%11 == 2:
						in.Data[at] = -2 * in.Data[at-1]
					case p%13 == 5:
						in.Data[at] = 0
					}
				}
			}
			out, err := s.Run(t.Context(), map[string]*tensor.Tensor{"x": in, "like": tensor.New(2, 5, c[2], c[3]), "by": {Shape: []int{1}, Data: []float32{1.5}}})
			if err != nil {
				t.Fatal(how, c, err)
			}
			if c[0] == c[2] && c[1] == c[3] {
				for i, v := range out["y"].Data {
					if v != in.Data[i] {
						t.Fatalf("%s to the same size: value %d is %g, was %g", how, i, v, in.Data[i])
					}
				}
			}
			if e := pipelinetest.Relative(out["y"].Data, want(in, c[2], c[3]).Data); e > 2e-6 {
				t.Errorf("%s of %v: off by %g", how, c, e)
			}
			round := func(n int) int { return max(int(math.RoundToEven(float64(n)/1.5)), 1) }
			if h, w := round(c[0]), round(c[1]); out["small"].Shape[2] != h || out["small"].Shape[3] != w {
				t.Errorf("%s of %v made smaller: shape %v, want %d by %d", how, c, out["small"].Shape, h, w)
			} else if e := pipelinetest.Relative(out["small"].Data, want(in, h, w).Data); e > 2e-6 {
				t.Errorf("%s of %v made smaller: off by %g", how, c, e)
			}
		}
	}
}
