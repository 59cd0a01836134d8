//go:build cgo

package clip_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// native is the real runtime; a machine without its library skips.
func native(t testing.TB) *ort.Runtime {
	t.Helper()
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	return rt
}

// onCard is the runtime on a card of software, which the test is skipped without. What it says
// to a person fails the test: that another device is used, or why.
func onCard(t *testing.T) *ort.Runtime {
	t.Helper()
	pipelinetest.Card(t)
	native(t)
	return ort.New(ort.Config{Device: "webgpu", Notice: func(text string) { t.Error(text) }})
}

// references are cut down: of each chunk only the tokens at positions are kept.
type references struct {
	sets      map[string]*tensor.Tensor // ids
	positions []int
	want      map[string]*tensor.Tensor
}

func load(t *testing.T) references {
	t.Helper()
	b, err := os.ReadFile("testdata/text_encoder.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	r := references{sets: map[string]*tensor.Tensor{}}
	if err := json.Unmarshal(raw["positions"], &r.positions); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"text.tiny15", "text.tiny21", "text.tinyxl_1", "text.tinyxl_2"} {
		var set struct{ Ids [][]float32 }
		if err := json.Unmarshal(raw[name], &set); err != nil {
			t.Fatal(err)
		}
		ids := tensor.New(len(set.Ids), 77)
		for i, row := range set.Ids {
			copy(ids.Data[77*i:], row)
		}
		r.sets[name] = ids
	}
	if r.want, err = pipelinetest.ReadSafetensors("testdata/text_encoder.safetensors"); err != nil {
		t.Fatal(err)
	}
	return r
}

// cut keeps the reference's tokens of a state [B,77,W].
func (r references) cut(x *tensor.Tensor) *tensor.Tensor {
	w := x.Shape[2]
	out := tensor.New(x.Shape[0], len(r.positions), w)
	for b := range x.Shape[0] {
		for i, p := range r.positions {
			copy(out.Data[(b*len(r.positions)+i)*w:][:w], x.Data[(b*77+p)*w:])
		}
	}
	return out
}

func (r references) check(t *testing.T, name string, e *clip.Encoder, limit float64) {
	t.Helper()
	last, err := e.Encode(context.Background(), r.sets[name], nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	before, err := e.Encode(context.Background(), r.sets[name], nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*tensor.Tensor{"last": r.cut(last.Normed), "hidden_m2": r.cut(before.Hidden),
		"hidden_m2_norm": r.cut(before.Normed), "pooled": last.Pooled, "projected": last.Projected}
	for what, g := range got {
		want := r.want[name+"."+what]
		if want == nil {
			continue // only SDXL's second encoder has a reference for its projection
		}
		if g == nil || !g.SameShape(want) {
			t.Errorf("%s.%s has not the shape %v", name, what, want.Shape)
			continue
		}
		if err := pipelinetest.Relative(g.Data, want.Data); err > limit {
			t.Errorf("%s.%s: relative error %.2g, want at most %g", name, what, err, limit)
		}
	}
	if e := pipelinetest.Relative(before.Pooled.Data, last.Pooled.Data); e != 0 {
		t.Errorf("%s: the pooled state depends on the skip", name)
	}
}

func TestTextEncodersAgreeWithTheReferences(t *testing.T) {
	rt, r := native(t), load(t)
	for _, v := range []struct {
		layout, dtype string
		limit         float64
	}{{"single", "F32", 1e-5}, {"folder", "F32", 1e-5}, {"single", "F16", 2e-3}} {
		for arch, sets := range map[string][]string{"tiny15": {"text.tiny15"}, "tiny21": {"text.tiny21"}, "tinyxl": {"text.tinyxl_1", "text.tinyxl_2"}} {
			if v.dtype == "F16" && arch != "tinyxl" {
				continue
			}
			ck, err := checkpoint.Open(pipelinetest.Tiny(t, arch).Write(t, v.layout, v.dtype), checkpoint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range sets {
				e, err := clip.Open(context.Background(), rt, ck, i, model.Options{Threads: 2}, graph.Variant{})
				if err != nil {
					t.Fatal(err)
				}
				r.check(t, name, e, v.limit)
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestTextEncodersAgreeWithTheReferencesOnACard(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	rt, r := onCard(t), load(t)
	for arch, sets := range map[string][]string{"tiny15": {"text.tiny15"}, "tiny21": {"text.tiny21"}, "tinyxl": {"text.tinyxl_1", "text.tinyxl_2"}} {
		ck, err := checkpoint.Open(pipelinetest.Tiny(t, arch).Write(t, "single", "F32"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range sets {
			e, err := clip.Open(context.Background(), rt, ck, i, model.Options{}, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close() // the shaders of one serve the next
			r.check(t, name, e, 1e-5)
			if e.Device() != "webgpu" {
				t.Errorf("%s ran on %q", name, e.Device())
			}
		}
	}
}

func TestEncodeRefusesWhatItCannotRead(t *testing.T) {
	m := pipelinetest.Tiny(t, "tiny15")
	m.Text[0].Vocabulary = 64
	ck, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := clip.Open(context.Background(), native(t), ck, 0, model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	good := tensor.New(1, 77)
	if _, err := e.Encode(context.Background(), good, nil, 3); err != nil {
		t.Errorf("skip 3 of three layers: %v", err)
	}
	for _, skip := range []int{0, 4} {
		if _, err := e.Encode(context.Background(), good, nil, skip); err == nil {
			t.Errorf("skip %d of three layers was accepted", skip)
		}
	}
	for _, id := range []float32{64, -1, 0.5} {
		bad := tensor.New(1, 77)
		bad.Data[3] = id
		if _, err := e.Encode(context.Background(), bad, nil, 1); err == nil {
			t.Errorf("token %g of a vocabulary of 64 was accepted", id)
		}
	}
	if _, err := e.Encode(context.Background(), tensor.New(1, 78), nil, 1); err == nil {
		t.Error("78 tokens were accepted")
	}
}

// TestVectorsStandInPlaceOfTokens: eight vectors before token 6 of a prompt, against another
// program's numbers. Ids beyond the table and the vectors are refused.
func TestVectorsStandInPlaceOfTokens(t *testing.T) {
	rt := native(t)
	want, err := pipelinetest.ReadSafetensors("testdata/embedding.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	base := []float32{49406, 320, 1125, 539, 320, 2368}
	kept := []int{0, 5, 6, 13, 14, 15, 40, 76} // of 77 tokens those that the reference holds
	for arch, encoders := range map[string][]string{"tiny15": {"embedding:ti.8x6"}, "tinyxl": {"embedding:ti.8x6.clip_l", "embedding:ti.8x6.clip_g"}} {
		ck, err := checkpoint.Open(pipelinetest.Tiny(t, arch).Write(t, "single", "F32"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, generator := range encoders {
			e, err := clip.Open(context.Background(), rt, ck, i, model.Options{Threads: 2}, graph.Variant{})
			if err != nil {
				t.Fatal(err)
			}
			ids := tensor.New(1, 77)
			if i == 0 { // the second is filled up with zeros
				for j := range ids.Data {
					ids.Data[j] = 49407
				}
			}
			copy(ids.Data, base)
			for j := range 8 {
				ids.Data[6+j] = float32(e.Tokens() + j)
			}
			ids.Data[14] = 49407
			vectors := pipelinetest.Uniform(generator, 0.05, 8, e.Width())
			last, err := e.Encode(context.Background(), ids, vectors, 1)
			if err != nil {
				t.Fatal(err)
			}
			before, err := e.Encode(context.Background(), ids, vectors, 2)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%s_%d.hidden", arch, i+1)
			got := before.Hidden
			if arch == "tiny15" {
				name, got = "tiny15.last", last.Normed
			}
			var rows []float32
			for _, at := range kept {
				rows = append(rows, got.Data[at*e.Width():][:e.Width()]...)
			}
			if far := pipelinetest.Relative(rows, want[name].Data); !(far <= 1e-5) {
				t.Errorf("%s: relative error %.2g", name, far)
			}
			if last.Projected != nil {
				if far := pipelinetest.Relative(last.Projected.Data, want["tinyxl_2.projected"].Data); !(far <= 1e-5) {
					t.Errorf("pooled: relative error %.2g", far)
				}
			}
			ids.Data[20] = float32(e.Tokens() + 8)
			if _, err := e.Encode(context.Background(), ids, vectors, 1); err == nil {
				t.Errorf("%s: an id beyond the vectors was taken", arch)
			}
			ids.Data[20] = float32(e.Tokens())
			if _, err := e.Encode(context.Background(), ids, nil, 1); err == nil {
				t.Errorf("%s: an id of a vector was taken without one", arch)
			}
			if _, err := e.Encode(context.Background(), ids, tensor.New(8, e.Width()+1), 1); err == nil {
				t.Errorf("%s: vectors of another width were taken", arch)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
