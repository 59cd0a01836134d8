//go:build cgo

package vae_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// picture is a [C,h,w] array for the plain reference.
type picture struct {
	c, h, w int
	v       []float64
}

// smallWeights are a small decoder's tensors, by module number as the original counts.
type smallWeights map[string]*tensor.Tensor

func (s smallWeights) conv(name string, x picture) picture {
	w, bias := s[name+".weight"], s[name+".bias"]
	out, k := w.Shape[0], w.Shape[2]
	y := picture{out, x.h, x.w, make([]float64, out*x.h*x.w)}
	for o := range out {
		for i := range x.h {
			for j := range x.w {
				sum := 0.0
				if bias != nil {
					sum = float64(bias.Data[o])
				}
				for c := range x.c {
					for a := range k {
						for b := range k {
							yy, xx := i+a-k/2, j+b-k/2
							if yy >= 0 && yy < x.h && xx >= 0 && xx < x.w {
								sum += float64(w.Data[((o*x.c+c)*k+a)*k+b]) * x.v[(c*x.h+yy)*x.w+xx]
							}
						}
					}
				}
				y.v[(o*x.h+i)*x.w+j] = sum
			}
		}
	}
	return y
}

func (p picture) each(f func(i int, v float64) float64) picture {
	q := p
	q.v = make([]float64, len(p.v))
	for i, v := range p.v {
		q.v[i] = f(i, v)
	}
	return q
}

func rectified(p picture) picture {
	return p.each(func(_ int, v float64) float64 { return max(v, 0) })
}

func doubled(p picture) picture {
	q := picture{p.c, 2 * p.h, 2 * p.w, make([]float64, 4*len(p.v))}
	for i := range q.v {
		q.v[i] = p.v[(i/(q.h*q.w)*p.h+i/q.w%q.h/2)*p.w+i%q.w/2]
	}
	return q
}

// decode is the arithmetic of the published decoder, module by module.
func (s smallWeights) decode(z *tensor.Tensor) picture {
	x := picture{z.Shape[1], z.Shape[2], z.Shape[3], make([]float64, len(z.Data))}
	x = x.each(func(i int, _ float64) float64 { return 3 * math.Tanh(float64(z.Data[i])/3) })
	block := func(n int, x picture) picture {
		at := fmt.Sprint(n)
		h := rectified(s.conv(at+".conv.0", x))
		h = s.conv(at+".conv.4", rectified(s.conv(at+".conv.2", h)))
		if s[at+".skip.weight"] != nil {
			x = s.conv(at+".skip", x)
		}
		return rectified(h.each(func(i int, v float64) float64 { return v + x.v[i] }))
	}
	x = rectified(s.conv("1", x))
	x = block(4, block(3, x))
	x = s.conv("6", doubled(x))
	x = s.conv("9", doubled(block(7, x)))
	x = s.conv("11", block(10, x))
	return x.each(func(_ int, v float64) float64 { return 2*v - 1 })
}

// small makes up a small decoder: 4 channels in, 6 and then 5 inside, 3 out.
func smallDecoder() smallWeights {
	s := smallWeights{}
	add := func(name string, shape ...int) {
		s[name+".weight"] = pipelinetest.Uniform("small."+name, math.Sqrt(3/float64(shape[1]*shape[2]*shape[3])), shape...)
		if !strings.Contains("6 9 skip", name[strings.LastIndexByte(name, '.')+1:]) {
			s[name+".bias"] = pipelinetest.Uniform("small."+name+".bias", 0.1, shape[0])
		}
	}
	block := func(n, in, out int) {
		at := fmt.Sprint(n)
		add(at+".conv.0", out, in, 3, 3)
		add(at+".conv.2", out, out, 3, 3)
		add(at+".conv.4", out, out, 3, 3)
		if in != out {
			add(at+".skip", out, in, 1, 1)
		}
	}
	add("1", 6, 4, 3, 3)
	block(3, 6, 6)
	block(4, 6, 6)
	add("6", 6, 6, 3, 3)
	block(7, 6, 6)
	add("9", 6, 6, 3, 3)
	block(10, 6, 5)
	add("11", 3, 5, 3, 3)
	return s
}

// write saves the decoder as another tool would: under a prefix, numbers shifted, beside
// an encoder or alone.
func (s smallWeights) write(t *testing.T, prefix string, shift int, extra string) string {
	t.Helper()
	var items []pipelinetest.Item
	for name, v := range s {
		number, rest, _ := strings.Cut(name, ".")
		n := 0
		fmt.Sscan(number, &n)
		items = append(items, pipelinetest.NewItem(fmt.Sprintf("%s%d.%s", prefix, n+shift, rest), "F32", v.Data, v.Shape...))
	}
	if extra != "" {
		items = append(items, pipelinetest.NewItem(extra, "F32", make([]float32, 36), 1, 4, 3, 3))
	}
	path := filepath.Join(t.TempDir(), "taesd_decoder.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// The small decoder of every layout of file gives what its plain arithmetic gives.
func TestSmallDecoderAgreesWithPlainArithmetic(t *testing.T) {
	rt, s := native(t), smallDecoder()
	z := pipelinetest.UnitNoise("small.z", 1, 4, 5, 3)
	want := s.decode(z)
	data := make([]float32, len(want.v))
	for i, v := range want.v {
		data[i] = float32(v)
	}
	for _, path := range []string{
		s.write(t, "", 0, ""),
		s.write(t, "decoder.layers.", -1, "encoder.layers.0.conv.0.weight"),
		s.write(t, "taesd_decoder.", 0, "taesd_encoder.3.conv.0.weight"),
	} {
		d, err := vae.OpenSmall(context.Background(), rt, path, model.Options{Threads: 1}, graph.Variant{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if d.Channels() != 4 || d.Factor() != 4 {
			t.Errorf("%d channels and factor %d, want 4 and 4", d.Channels(), d.Factor())
		}
		got, err := d.Decode(context.Background(), z)
		if err != nil {
			t.Fatal(err)
		}
		if e := pipelinetest.Relative(got.Data, data); e > 1e-6 || got.Shape[1] != 3 || got.Shape[2] != want.h || got.Shape[3] != want.w {
			t.Errorf("shape %v, relative error %.2g", got.Shape, e)
		}
	}
}

// A file of another kind is refused with what is wrong.
func TestSmallDecoderRefusesOtherFiles(t *testing.T) {
	for want, spoil := range map[string]func(s smallWeights){
		"no small decoder": func(s smallWeights) { clear(s); s["conv_in.weight"] = tensor.New(4, 4, 3, 3) },
		"no skip":          func(s smallWeights) { delete(s, "10.skip.weight") },
		"want 3":           func(s smallWeights) { delete(s, "11.weight"); delete(s, "11.bias") },
		"have no place":    func(s smallWeights) { s["7.norm.weight"] = tensor.New(6) },
		"is missing":       func(s smallWeights) { delete(s, "4.conv.2.weight") },
	} {
		s := smallDecoder()
		spoil(s)
		p, err := checkpoint.OpenPart(s.write(t, "", 0, ""), "small decoder")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vae.BuildSmall(p, graph.Variant{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
