package ort

import (
	"math"
	"slices"
	"strings"
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

// sharesOf are what each of n places has in place i of by times as many, as PyTorch defines its ways: what is smoothed leaves out what
// lies beyond the sides and is bicubic with a of -0.5; else sides are repeated, and a is -0.75.
func sharesOf(i, n int, by float64, how string) []float64 {
	out, sum := make([]float64, n), 0.0
	how, smooth := strings.CutSuffix(how, "-aa")
	center, wide, a := (float64(i)+0.5)/by, 1.0, -0.75
	if smooth {
		wide, a = max(1/by, 1), -0.5
	}
	for k := -8 * n; k < 9*n; k++ {
		d := math.Abs(float64(k)+0.5-center) / wide
		share := 0.0
		switch {
		case how == "nearest-exact":
			if k == int(center) {
				share = 1
			}
		case how == "bilinear":
			share = max(1-d, 0)
		case d <= 1:
			share = ((a+2)*d-(a+3))*d*d + 1
		case d < 2:
			share = ((d-5)*d+8)*d*a - 4*a
		}
		if !smooth {
			out[min(max(k, 0), n-1)] += share
		} else if k >= 0 && k < n {
			out[k] += share
		}
	}
	for _, share := range out {
		sum += share
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}

// TestPicturesAreResizedByFactors, larger and smaller, as PyTorch defines its ways.
func TestPicturesAreResizedByFactors(t *testing.T) {
	ways := []string{"nearest-exact", "bilinear", "bicubic", "bilinear-aa", "bicubic-aa"}
	for _, by := range []int{2, 4} {
		b := graph.NewBuilder("factors", func(string) (graph.Weight, bool) { return graph.Weight{}, false }, graph.Variant{})
		x := b.Input("x", graph.Named("batch"), graph.Fixed(3), graph.Named("height"), graph.Named("width"))
		for _, how := range ways {
			large, small := b.Enlarge("large", x, by, how), b.Reduce("small", x, by, how)
			b.Output(how+" large", large, large.Shape...)
			b.Output(how+" small", small, small.Shape...)
		}
		g, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, g, model.Options{})
		for _, c := range [][2]int{{12, 8}, {4, 20}} {
			in := pipelinetest.UnitNoise("factors", 2, 3, c[0], c[1])
			out, err := s.Run(t.Context(), map[string]*tensor.Tensor{"x": in})
			if err != nil {
				t.Fatal(err)
			}
			for _, how := range ways {
				for name, f := range map[string]float64{how + " large": float64(by), how + " small": 1 / float64(by)} {
					want := tensor.New(2, 3, int(float64(c[0])*f), int(float64(c[1])*f))
					for i := range want.Data {
						w, h := want.Shape[3], want.Shape[2]
						rows, columns, plane, sum := sharesOf(i/w%h, c[0], f, how), sharesOf(i%w, c[1], f, how), in.Data[i/(w*h)*c[0]*c[1]:], 0.0
						for y, r := range rows {
							for x, v := range columns {
								sum += r * v * float64(plane[y*c[1]+x])
							}
						}
						want.Data[i] = float32(sum)
					}
					if got := out[name]; !slices.Equal(got.Shape, want.Shape) {
						t.Errorf("%s by %d of %v: shape %v, want %v", name, by, c, got.Shape, want.Shape)
					} else if e := pipelinetest.Relative(got.Data, want.Data); e > 2e-6 {
						t.Errorf("%s by %d of %v: off by %.2g", name, by, c, e)
					}
				}
			}
		}
	}
}
