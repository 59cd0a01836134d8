//go:build cgo

package unet_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// refining opens a denoiser that refines, and gives what it makes of a latent by numbers.
func refining(t *testing.T, ck *checkpoint.Checkpoint, r unet.Refine, x *tensor.Tensor, taps ...string) func(unet.Refined) map[string]*tensor.Tensor {
	t.Helper()
	var v graph.Variant
	for _, site := range taps {
		v.Hooks = append(v.Hooks, graph.Tap(site))
	}
	in := unet.Inside{Refine: r}
	v, err := in.In(ck.Denoiser, v)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unet.Open(context.Background(), native(t), ck, model.Options{Threads: 2}, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	width := int(unet.TextWidth(ck.Denoiser))
	text := pipelinetest.UnitNoise("refine.text", x.Shape[0], 7, width)
	return func(to unet.Refined) map[string]*tensor.Tensor {
		t.Helper()
		out, err := n.Run(context.Background(), unet.Input{X: x, Timesteps: []float32{500}, Context: text, More: in.More(ck.Denoiser, x.Shape[0], unet.Within{Refined: to})})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// plane is a picture [C][h][w] in double precision.
type plane [][][]float64

func planeOf(t *tensor.Tensor, i int) plane {
	out := make(plane, t.Shape[1])
	d := t.Batch(i, i+1).Data
	for c := range out {
		for y := range t.Shape[2] {
			row := make([]float64, t.Shape[3])
			for x := range row {
				row[x] = float64(d[(c*t.Shape[2]+y)*t.Shape[3]+x])
			}
			out[c] = append(out[c], row)
		}
	}
	return out
}

// resized is a picture bilinearly by a factor, as PyTorch has it.
func (p plane) resized(by float64) plane {
	h, w := int(float64(len(p[0]))*by), int(float64(len(p[0][0]))*by)
	at := func(i, n int) (int, int, float64) {
		f := min(max((float64(i)+0.5)/by-0.5, 0), float64(n-1))
		low := int(f)
		return low, min(low+1, n-1), f - float64(low)
	}
	out := make(plane, len(p))
	for c := range p {
		for y := range h {
			row := make([]float64, w)
			for x := range row {
				y0, y1, fy := at(y, len(p[c]))
				x0, x1, fx := at(x, len(p[c][0]))
				row[x] = (1-fy)*((1-fx)*p[c][y0][x0]+fx*p[c][y0][x1]) + fy*((1-fx)*p[c][y1][x0]+fx*p[c][y1][x1])
			}
			out[c] = append(out[c], row)
		}
	}
	return out
}

func (p plane) cut(x0, y0, x1, y1 int) plane {
	out := make(plane, len(p))
	for c := range p {
		for y := y0; y < y1; y++ {
			out[c] = append(out[c], p[c][y][x0:x1])
		}
	}
	return out
}

// last is the network's last layer: normed, SiLU, convolved.
func (p plane) last(t *testing.T, ck *checkpoint.Checkpoint) plane {
	read := func(name string) []float32 {
		w, ok := ck.Denoiser.Weight(name)
		if !ok {
			t.Fatal(name)
		}
		if w.Data == nil {
			data, err := pipelinetest.ReadSafetensors(w.File)
			if err != nil {
				t.Fatal(err)
			}
			return data["model.diffusion_model."+name].Data
		}
		return w.Floats()
	}
	gain, shift, kernel, bias := read("out.0.weight"), read("out.0.bias"), read("out.2.weight"), read("out.2.bias")
	h, w, per := len(p[0]), len(p[0][0]), len(p)/int(ck.Denoiser.Groups)
	normed := make(plane, len(p))
	for g := 0; g < len(p); g += per {
		sum, squares, n := 0.0, 0.0, float64(per*h*w)
		for _, c := range p[g : g+per] {
			for _, row := range c {
				for _, v := range row {
					sum, squares = sum+v, squares+v*v
				}
			}
		}
		mean := sum / n
		deviation := math.Sqrt(squares/n - mean*mean + 1e-5)
		for c := g; c < g+per; c++ {
			for y := range h {
				row := make([]float64, w)
				for x := range row {
					v := (p[c][y][x]-mean)/deviation*float64(gain[c]) + float64(shift[c])
					row[x] = v / (1 + math.Exp(-v))
				}
				normed[c] = append(normed[c], row)
			}
		}
	}
	out := make(plane, len(bias))
	for o := range out {
		for y := range h {
			row := make([]float64, w)
			for x := range row {
				row[x] = float64(bias[o])
				for c := range p {
					for k := range 9 {
						if j, i := y+k/3-1, x+k%3-1; j >= 0 && i >= 0 && j < h && i < w {
							row[x] += normed[c][j][i] * float64(kernel[(o*len(p)+c)*9+k])
						}
					}
				}
			}
			out[o] = append(out[o], row)
		}
	}
	return out
}

// arc mixes two pictures as A1111's slerp does.
func arc(a, b plane, t float64) plane {
	out, mean := make(plane, len(a)), 0.0
	angles := [][]float64{}
	for y := range a[0] {
		row := []float64{}
		for x := range a[0][0] {
			aa, bb, ab := 0.0, 0.0, 0.0
			for c := range a {
				aa, bb, ab = aa+a[c][y][x]*a[c][y][x], bb+b[c][y][x]*b[c][y][x], ab+a[c][y][x]*b[c][y][x]
			}
			cosine := ab / math.Sqrt(aa*bb)
			mean += cosine / float64(len(a[0])*len(a[0][0]))
			row = append(row, math.Acos(cosine))
		}
		angles = append(angles, row)
	}
	for c := range a {
		for y := range a[c] {
			row := make([]float64, len(a[c][y]))
			for x := range row {
				if w := angles[y][x]; mean > 0.9995 {
					row[x] = a[c][y][x]*t + b[c][y][x]*(1-t)
				} else {
					row[x] = (math.Sin((1-t)*w)*a[c][y][x] + math.Sin(t*w)*b[c][y][x]) / math.Sin(w)
				}
			}
			out[c] = append(out[c], row)
		}
	}
	return out
}

// TestRefiningTheLastLayerAgreesWithTheExtension: a box of half the sides is enlarged to all of the picture, goes through the last layer,
// and is mixed in along the arc; computed again in double precision. Outside the box, and at a weight of 0, not one bit changes.
func TestRefiningTheLastLayerAgreesWithTheExtension(t *testing.T) {
	ck := open(t, small(t, "tiny15"), "single", "F32")
	x := pipelinetest.UnitNoise("refine.x", 2, 4, 16, 24)
	r := unet.Refine{By: 2, At: "out", Layers: "OUT", Up: "bilinear", Down: "bilinear"}
	last := "output_blocks.11"
	run := refining(t, ck, r, x, last)
	plain := run(unet.Refined{})
	to := unet.Refined{X: 60, Y: 24, W: 96, H: 64, Width: 192, Height: 128, Weight: 0.15}
	got := run(to)["out"]
	box := [4]int{24 * 60 / 192, 16 * 24 / 128, 24*60/192 + 12, 16*24/128 + 8}
	for i := range 2 {
		whole := planeOf(plain["out"], i)
		large := planeOf(plain[last], i).cut(box[0], box[1], box[2], box[3]).resized(2)
		want := arc(whole.cut(box[0], box[1], box[2], box[3]), large.last(t, ck).resized(0.5), to.Weight)
		made := planeOf(got, i)
		off, size := 0.0, 0.0
		for c := range made {
			for y := range made[c] {
				for x, v := range made[c][y] {
					if x < box[0] || y < box[1] || x >= box[2] || y >= box[3] {
						if v != whole[c][y][x] {
							t.Fatalf("outside the box %d, %d, %d changes", c, y, x)
						}
						continue
					}
					w := want[c][y-box[1]][x-box[0]]
					off, size = off+(v-w)*(v-w), size+w*w
				}
			}
		}
		if e := math.Sqrt(off / size); e > 2e-5 {
			t.Errorf("picture %d: off by %.2g", i, e)
		}
		if slices.Equal(got.Batch(i, i+1).Data, plain["out"].Batch(i, i+1).Data) {
			t.Error("nothing is refined")
		}
	}
	to.Weight = 0
	if !slices.Equal(run(to)["out"].Data, plain["out"].Data) {
		t.Error("a weight of 0 changes something")
	}
}

// TestEveryKindOfLayerRefines: the attention of a picture that is doubled by repeating its places gives what it gives of the picture; a box of
// half of it, and convolutions, see another one. Each way to enlarge and to make smaller is carried out.
func TestEveryKindOfLayerRefines(t *testing.T) {
	ck := open(t, small(t, "tiny15"), "single", "F32")
	x := pipelinetest.UnitNoise("refine.kinds", 1, 4, 16, 16)
	plain := refining(t, ck, unet.Refine{}, x)(unet.Refined{})["out"].Data
	all := unet.Refined{W: 128, H: 128, Width: 128, Height: 128, Weight: 0.5}
	part := unet.Refined{X: 16, Y: 40, W: 64, H: 64, Width: 128, Height: 128, Weight: 0.5}
	downs := map[string]string{"out": "bilinear-aa", "resblock": "bicubic", "transformer": "nearest", "s. attn.": "area", "x. attn.": "pooling max"} // the last three find what was repeated
	for i, kind := range unet.RefineKinds {
		up, repeats := "nearest-exact", strings.HasSuffix(kind, "attn.") || kind == "transformer"
		if !repeats {
			up = unet.RefineUps[3+i] // smoothed
		}
		run := refining(t, ck, unet.Refine{By: 2, At: kind, Layers: unet.AllLayers, Up: up, Down: downs[kind], Line: true}, x)
		if e := pipelinetest.Relative(run(all)["out"].Data, plain); repeats != (e < 2e-5) {
			t.Errorf("%s: of the whole picture, repeated: off by %.2g", kind, e)
		}
		if kind != "x. attn." && pipelinetest.Relative(run(part)["out"].Data, plain) < 1e-4 {
			t.Errorf("%s: of a part nothing changes", kind)
		}
	}
	for _, r := range []unet.Refine{{By: 4, At: "resblock", Layers: "IN01,OUT", Up: "bicubic", Down: "bicubic-aa"}, {By: 4, At: "transformer", Layers: "IN01,OUT", Up: "bilinear", Down: "pooling avg", Line: true}} {
		if slices.Equal(refining(t, ck, r, x)(part)["out"].Data, plain) {
			t.Errorf("%s: by 4 nothing changes", r.At)
		}
	}
	for _, r := range []unet.Refine{{By: 3, At: "out", Up: "bilinear", Down: "area"}, {By: 2, At: "in", Up: "bilinear", Down: "area"}, {By: 2, At: "out", Up: "area", Down: "area"}, {By: 2, At: "resblock", Layers: "X", Up: "bilinear", Down: "area"}} {
		if _, err := (unet.Inside{Refine: r}).In(ck.Denoiser, graph.Variant{}); err == nil {
			t.Errorf("%+v is opened", r)
		}
	}
}

func TestModulesHaveTheExtensionsNames(t *testing.T) {
	for path, want := range map[string]string{
		"input_blocks.4.0": "IN04_00_resblock", "input_blocks.4.1": "IN04_00_trans", "middle_block.0": "M00_00_resblock", "middle_block.2": "M00_01_resblock", "middle_block.1": "M00_00_trans",
		"output_blocks.11.1.transformer_blocks.2.attn2": "OUT11_00_02_xattn", "middle_block.1.transformer_blocks.0.attn1": "M00_00_00_sattn",
	} {
		if got := unet.ModuleName(path); got != want {
			t.Errorf("%s is called %s, want %s", path, got, want)
		}
	}
}

// TestANarrowBoxAgreesWithNumpy: attention to the text makes the same of a place and of its copy, so that the arc is none there; what rounding
// leaves of that does not decide what is made of the others.
func TestANarrowBoxAgreesWithNumpy(t *testing.T) {
	text, err := os.ReadFile("testdata/refine.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Out []float32 }
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32")
	x := pipelinetest.UnitNoise("refine.narrow.x", 1, 4, 16, 16)
	in := unet.Inside{Refine: unet.Refine{By: 2, At: "x. attn., out", Layers: "IN", Up: "bilinear-aa", Down: "nearest"}}
	v, err := in.In(ck.Denoiser, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := unet.Open(context.Background(), native(t), ck, model.Options{Threads: 2}, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	to := unet.Refined{X: 92, Y: 28, W: 11, H: 62, Width: 128, Height: 128, Weight: 1.3}
	got, err := n.Run(context.Background(), unet.Input{X: x, Timesteps: []float32{500}, Context: pipelinetest.UnitNoise("refine.narrow.text", 1, 7, 128), More: in.More(ck.Denoiser, 1, unet.Within{Refined: to})})
	if err != nil {
		t.Fatal(err)
	}
	if e := pipelinetest.Relative(got["out"].Data, want.Out); e > 2e-5 {
		t.Errorf("off by %.2g", e)
	}
}
