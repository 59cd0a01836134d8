package checkpoint_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// TestAFileOfTorchIsTheSameModel as its safetensors twin, in both forms and whatever it is
// called: the same names, shapes, types and values.
func TestAFileOfTorchIsTheSameModel(t *testing.T) {
	for _, arch := range []string{"tiny15", "tiny21"} {
		m := small(t, arch)
		want, err := checkpoint.Open(m.Write(t, "single", "F16"), checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"m.ckpt", "m.pt", "m.safetensors"} {
			path := filepath.Join(t.TempDir(), name)
			if err := m.WriteTorch(path, "F16", i == 1, false); err != nil {
				t.Fatal(err)
			}
			got, err := checkpoint.Open(path, checkpoint.Options{})
			if err != nil {
				t.Fatalf("%s %s: %v", arch, name, err)
			}
			if got.Family != want.Family || got.DType != "fp16" || len(got.Parts()) != len(want.Parts()) {
				t.Errorf("%s %s: %s of %s, %d parts", arch, name, got.Family.Name, got.DType, len(got.Parts()))
			}
			for k, p := range want.Parts() {
				if !slices.Equal(p.Names(), got.Parts()[k].Names()) {
					t.Fatalf("%s %s: %s has other tensors", arch, name, p.Role)
				}
				for _, n := range p.Names() {
					a, err1 := p.Tensors[n].Floats()
					b, err2 := got.Parts()[k].Tensors[n].Floats()
					w, _ := got.Parts()[k].Weight(n)
					if err1 != nil || err2 != nil || !slices.Equal(a, b) || w.Data != nil || w.File == "" {
						t.Errorf("%s %s: %s is not the same, or not in its file (%v, %v)", arch, name, n, err1, err2)
					}
				}
			}
		}
	}
}

// TestViewsAreGathered: a transposed tensor and rows out of a wider one, for a graph, for an
// adapter and where the fused matrix of a text encoder is cut into three.
func TestViewsAreGathered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "views.pt")
	v := make([]float32, 6*4)
	for i := range v {
		v[i] = float32(i)
	}
	const key = "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight"
	item := pipelinetest.NewItem(key, "F32", v, 6, 4)
	if err := pipelinetest.WriteTorch(path, []pipelinetest.Item{item}, true); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	number := func(n int) string { return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n))) }
	plain, turned := number(4)+number(1)+"t", number(1)+number(6)+"t"
	if n := bytes.Count(b, []byte(plain)); n != 1 {
		t.Fatalf("the file has its strides %d times", n)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte(plain), []byte(turned), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := checkpoint.OpenPart(path, "")
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 0, len(v))
	for r := range 6 {
		for c := range 4 {
			want = append(want, float32(r+6*c))
		}
	}
	got, err := p.Tensors[key].Floats()
	w, _ := p.Weight(key)
	graphs, err2 := checkpoint.Widen(w.Data, w.Type)
	if err != nil || err2 != nil || !slices.Equal(got, want) || !slices.Equal(graphs, want) || w.File != "" {
		t.Errorf("%v, %v, want %v; %v %v", got, graphs, want, err, err2)
	}
	split, _, err := checkpoint.SplitStable(p)
	if err != nil {
		t.Fatal(err)
	}
	k, err := split["text_encoder"].Tensors["encoder.layers.0.self_attn.k_proj.weight"].Floats()
	if err != nil || !slices.Equal(k, want[8:16]) {
		t.Errorf("the middle third is %v, want %v (%v)", k, want[8:16], err)
	}
	var out bytes.Buffer
	if err := checkpoint.WriteWidened(&out, p); err != nil || math.Float32frombits(binary.LittleEndian.Uint32(out.Bytes()[out.Len()-4:])) != 23 {
		t.Errorf("written as %q (%v)", out.Bytes(), err)
	}
}

// TestATorchFileThatNamesMoreIsRefused, with advice; the file's form is none of the cause.
func TestATorchFileThatNamesMoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := os.WriteFile(path, []byte("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := checkpoint.Open(path, checkpoint.Options{})
	if err == nil || !strings.Contains(err.Error(), `"os.system"`) || !strings.Contains(fault.Hint(err), "Nothing of the file was run") {
		t.Errorf("%v (%s)", err, fault.Hint(err))
	}
}

// TestAVAEOfTorchBesideAModelIsTaken, as A1111 lays it out: NAME.vae.pt with leftovers of its
// training.
func TestAVAEOfTorchBesideAModelIsTaken(t *testing.T) {
	m := small(t, "tiny15")
	whole, err := checkpoint.Open(m.Write(t, "single", "F32"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	items := []pipelinetest.Item{pipelinetest.NewItem("loss.logvar", "F32", []float32{0}, 1)}
	for _, n := range whole.VAE.Names() {
		at := whole.VAE.Tensors[n]
		v, err := at.Floats()
		if err != nil {
			t.Fatal(err)
		}
		var shape []int
		for _, d := range at.Shape {
			shape = append(shape, int(d))
		}
		items = append(items, pipelinetest.NewItem(n, "F32", v, shape...))
	}
	m.Without = "first_stage_model."
	path := m.Write(t, "single", "F32")
	vae := strings.TrimSuffix(path, ".safetensors") + ".vae.pt"
	if err := pipelinetest.WriteTorch(vae, items, false); err != nil {
		t.Fatal(err)
	}
	ck, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil || len(ck.VAE.Tensors) != len(whole.VAE.Tensors) || len(ck.Separate) != 1 || ck.Separate[0].Path != vae {
		t.Errorf("%v", err)
	}
	if k, err := checkpoint.Kind(vae); err != nil || k != "vae" {
		t.Errorf("the file is %q (%v)", k, err)
	}
}

// BenchmarkOpen opens Stable Diffusion 1.5 in full size, its values holes in the file, in the
// three forms.
func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"safetensors", "ckpt", "pt"} {
		path := filepath.Join(b.TempDir(), "sd15."+name)
		m := pipelinetest.Full()
		if name == "safetensors" {
			if err := m.WriteHollow(path, "F32"); err != nil {
				b.Fatal(err)
			}
		} else if err := m.WriteTorch(path, "F32", name == "pt", true); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := checkpoint.Open(path, checkpoint.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
