//go:build cgo

package vae_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/ort"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
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

func open(t *testing.T, m *pipelinetest.Model, layout, dtype string, o checkpoint.Options) *checkpoint.Checkpoint {
	t.Helper()
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	ck, err := checkpoint.Open(m.Write(t, layout, dtype), o)
	if err != nil {
		t.Fatal(err)
	}
	return ck
}

type reference struct {
	Case  string
	Z     []int `json:"z_shape"`
	Image []int `json:"image_shape"`
}

func references(t *testing.T) ([]reference, map[string]*tensor.Tensor) {
	t.Helper()
	b, err := os.ReadFile("testdata/vae.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Cases []reference `json:"vae.tiny15"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/vae.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return all.Cases, want
}

// check runs the first references, most of them, through a checkpoint's VAE.
func check(t *testing.T, rt *ort.Runtime, ck *checkpoint.Checkpoint, most int, limit float64) {
	t.Helper()
	ctx := context.Background()
	d, err := vae.OpenDecoder(rt, ck, model.Options{Threads: 2, Release: true}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	e, err := vae.OpenEncoder(rt, ck, model.Options{Threads: 2}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	cases, want := references(t)
	if len(cases) == 0 {
		t.Fatal("no references")
	}
	for _, r := range cases[:min(most, len(cases))] {
		image, err := d.Decode(ctx, pipelinetest.UnitNoise(r.Case+".z", r.Z...))
		if err != nil {
			t.Fatal(err)
		}
		moments, err := e.Encode(ctx, pipelinetest.Uniform(r.Case+".image", 1, r.Image...))
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]*tensor.Tensor{".decoded": image, ".moments": moments} {
			w := want[r.Case+name]
			if err := pipelinetest.Relative(got.Data, w.Data); !got.SameShape(w) || err > limit {
				t.Errorf("%s%s: shape %v, relative error %.2g, want %v and at most %g", r.Case, name, got.Shape, err, w.Shape, limit)
			}
		}
	}
}

func TestAutoencoderAgreesWithTheReferences(t *testing.T) {
	check(t, native(t), open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{}), 2, 1e-5)
	check(t, native(t), open(t, pipelinetest.Tiny(t, "tiny15"), "folder", "F32", checkpoint.Options{}), 2, 1e-5)
	check(t, native(t), open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F16", checkpoint.Options{}), 2, 2e-3)
}

func TestAutoencoderAgreesWithTheReferencesOnACard(t *testing.T) {
	if testing.Short() {
		t.Skip("a card of software takes its time")
	}
	check(t, onCard(t), open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{}), 1, 1e-5)
}

// A separate VAE replaces the model's own, whatever naming it comes in.
func TestSeparateVAEReplacesTheModelsOwn(t *testing.T) {
	native(t)
	other := pipelinetest.Tiny(t, "tiny21")
	other.Text[0].Vocabulary = 64
	for _, layout := range []string{"single", "folder"} {
		path := other.Write(t, layout, "F32")
		if layout == "folder" {
			path += "/vae"
		}
		m := pipelinetest.Tiny(t, "tiny15")
		m.Without = "first_stage_model."
		ck := open(t, m, "single", "F32", checkpoint.Options{VAE: path})
		check(t, native(t), ck, 2, 1e-5)
	}
}

func TestEncoderRefusesSidesThatDoNotFit(t *testing.T) {
	ck := open(t, pipelinetest.Tiny(t, "tiny15"), "single", "F32", checkpoint.Options{})
	e, err := vae.OpenEncoder(native(t), ck, model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Encode(context.Background(), tensor.New(1, 3, 64, 60)); err == nil || !strings.Contains(err.Error(), "multiples of 8") {
		t.Errorf("error %v, want one that names the multiple", err)
	}
}
