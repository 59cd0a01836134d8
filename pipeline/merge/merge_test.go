package merge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/merge"
	"pentimento/pipeline/pipelinetest"
)

// models writes tiny models of other values, by salt, into a folder.
func models(t *testing.T, dir string, dtype string, salts ...uint64) (paths []string) {
	t.Helper()
	for _, salt := range salts {
		m := pipelinetest.Tiny(t, "tiny15")
		m.Salt, m.Name = salt, "m"+string(rune('A'+len(paths)))
		if err := m.WriteTo(dir, "single", dtype); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Join(dir, m.Name+".safetensors"))
	}
	return paths
}

func options(method string, files []string) merge.Options {
	o := merge.Options{Method: method, A: files[0], B: files[1], Alpha: merge.Uniform(0.3), Beta: merge.Uniform(0.2)}
	if len(files) > 2 {
		o.C = files[2]
	}
	return o
}

// Every method gives the numbers of the program that it is known from: exactly, or for the
// two that take cosines to half a unit in the last place of 1.
func TestMethodsAgreeWithTheReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	dir := t.TempDir()
	files := models(t, dir, "F32", 0, 20, 21)
	inpaint := pipelinetest.Tiny(t, "tiny15-inpaint").Write(t, "single", "F32")
	var cases []struct {
		Case, Method, A        string
		Alpha, Base, Base_beta float64
		Half                   bool
		Weights, Weights_beta  []float64
		Norms                  map[string]float64
	}
	text, err := os.ReadFile("testdata/merge.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	want, err := pipelinetest.ReadSafetensors("testdata/merge.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		o := options(c.Method, files)
		o.Alpha = merge.Uniform(c.Alpha)
		if c.A != "tiny15" {
			o.A = inpaint
		}
		if c.Weights != nil {
			o.Alpha, o.Beta = merge.Blocks{Base: c.Base, Of: c.Weights}, merge.Blocks{Base: c.Base_beta, Of: c.Weights_beta}
		}
		if c.Half {
			o.Type = "F16"
		}
		j, err := merge.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		for key, norm := range c.Norms {
			got, _, err := j.Values(context.Background(), key)
			if err != nil {
				t.Fatal(err)
			}
			worst, sum := 0.0, 0.0
			for i, w := range want[c.Case+"|"+key].Data {
				worst = max(worst, math.Abs(float64(got[i])-float64(w)))
			}
			for _, v := range got {
				sum += float64(v) * float64(v)
			}
			allowed := 0.0
			if strings.HasPrefix(c.Method, "cosine") {
				allowed = 1.0 / (1 << 24)
			}
			if worst > allowed || math.Abs(math.Sqrt(sum)-norm) > 1e-6*norm {
				t.Errorf("%s, %s: %g from the reference, length %g, want %g", c.Case, key, worst, math.Sqrt(sum), norm)
			}
		}
	}
}

// What Write writes are the tensors that Values gives, all of them, in the type that was asked
// for; what is not merged is A's, byte for byte; and the metadata are there.
func TestTheFileHoldsWhatWasMerged(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	for _, kind := range []string{"", "F16", "BF16"} {
		o := options("weighted", models(t, t.TempDir(), "F32", 0, 20))
		o.Type = kind
		j, err := merge.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		last := int64(0)
		err = j.Write(context.Background(), &b, map[string]string{"sd_merge_recipe": "{}"}, func(done, total int64) {
			if done < last || done > total {
				t.Errorf("%d of %d bytes after %d", done, total, last)
			}
			last = done
		})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "merged.safetensors")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := checkpoint.OpenPart(path, "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := checkpoint.OpenPart(o.A, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Tensors) != len(a.Tensors) || p.Metadata["sd_merge_recipe"] != "{}" {
			t.Errorf("%d tensors of %d, metadata %v", len(p.Tensors), len(a.Tensors), p.Metadata)
		}
		for name, tensor := range p.Tensors {
			if want := map[bool]string{true: kind, false: "F32"}[kind != ""]; j.Merged(name) && tensor.Stored != want {
				t.Fatalf("%s is %s, want %s", name, tensor.Stored, want)
			}
			got, err := tensor.Floats()
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := j.Values(context.Background(), name)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%q type %s: value %d is %g in the file, %g by Values", name, kind, i, got[i], want[i])
				}
			}
		}
		if _, err := checkpoint.Open(path, checkpoint.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// part is a file's tensors by its own names.
func part(t *testing.T, path string) *checkpoint.Part {
	t.Helper()
	p, err := checkpoint.OpenPart(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A VAE that is baked in is that of the other file, bit for bit.
func TestAVAEIsBakedIn(t *testing.T) {
	o := options("weighted", models(t, t.TempDir(), "F32", 0, 20))
	for _, layout := range []string{"single", "folder"} {
		other := pipelinetest.Tiny(t, "tiny15")
		other.Salt = 7
		o.VAE = other.Write(t, layout, "F32")
		if layout == "folder" {
			o.VAE = filepath.Join(o.VAE, "vae")
		}
		j, err := merge.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		c, err := checkpoint.Open(o.A, checkpoint.Options{VAE: o.VAE})
		if err != nil {
			t.Fatal(err)
		}
		for key := range part(t, o.A).Tensors {
			name, ok := strings.CutPrefix(key, "first_stage_model.")
			if !ok {
				continue
			}
			got, _, err := j.Values(context.Background(), key)
			if err != nil {
				t.Fatal(err)
			}
			want, err := c.VAE.Tensors[name].Floats()
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s: value %d is %g, the other VAE has %g", name, i, got[i], want[i])
				}
			}
		}
	}
}

// What cannot be merged is said before anything is written.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	dir := t.TempDir()
	files := models(t, dir, "F32", 0, 20)
	inpaint := pipelinetest.Tiny(t, "tiny15-inpaint").Write(t, "single", "F32")
	xl := pipelinetest.Tiny(t, "tinyxl").Write(t, "single", "F32")
	folder := pipelinetest.Tiny(t, "tiny15").Write(t, "folder", "F32")
	lora := pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, dir, "lora", 4)
	for _, c := range []struct {
		want   string
		change func(o *merge.Options)
	}{
		{`method "average"`, func(o *merge.Options) { o.Method = "average" }},
		{"no model C", func(o *merge.Options) { o.Method = "add" }},
		{"no model B", func(o *merge.Options) { o.B = "" }},
		{"is a folder", func(o *merge.Options) { o.B = folder }},
		{"in A and", func(o *merge.Options) { o.B = inpaint }},
		{"in A and", func(o *merge.Options) { o.B = xl }},
		{"have their like in B", func(o *merge.Options) { o.B = lora }},
		{"no such file", func(o *merge.Options) { o.B = filepath.Join(dir, "none") }},
		{`type "I8"`, func(o *merge.Options) { o.Type = "I8" }},
		{"24 shares", func(o *merge.Options) { o.Alpha.Of = make([]float64, 24) }},
		{"finite", func(o *merge.Options) { o.Alpha.Base = math.NaN() }},
		{"has no VAE", func(o *merge.Options) { o.VAE = lora }},
	} {
		o := options("weighted", files)
		c.change(&o)
		if _, err := merge.Open(o); err == nil || !strings.Contains(err.Error(), c.want) && c.want != "has no VAE" {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A merge that is cancelled ends with the context's error, and values that fp16 cannot hold
// are an error and not infinity.
func TestAMergeEndsEarly(t *testing.T) {
	dir := t.TempDir()
	j, err := merge.Open(options("cosineA", models(t, dir, "F32", 0, 20)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := j.Write(ctx, &bytes.Buffer{}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	large := filepath.Join(dir, "large.safetensors")
	item := pipelinetest.NewItem("model.x", "F32", []float32{1e6}, 1)
	if err := pipelinetest.WriteSafetensors(large, []pipelinetest.Item{item}, nil); err != nil {
		t.Fatal(err)
	}
	o := options("weighted", []string{large, large})
	o.Type = "F16"
	if j, err = merge.Open(o); err != nil {
		t.Fatal(err)
	}
	if err := j.Write(context.Background(), &bytes.Buffer{}, nil, nil); err == nil || !strings.Contains(err.Error(), "fp16") {
		t.Errorf("%v, want that fp16 does not hold it", err)
	}
}

// Adapters that are baked in give the weights that a run with them has, in every network, also
// where a file has q, k and v in one tensor; what they leave alone stays byte for byte.
func TestBakedAdaptersAreThoseOfARun(t *testing.T) {
	if testing.Short() {
		t.Skip("too slow for the race detector, and without goroutines of its own")
	}
	for _, name := range []string{"tiny15", "tinyxl"} {
		m := pipelinetest.Tiny(t, name)
		o := merge.Options{Method: "none", A: m.Write(t, "single", "F32")}
		lora := m.WriteLoRA(t, t.TempDir(), "lora", 4)
		o.Adapters = []merge.Baked{{File: lora, Denoiser: 0.5, Text: 2}, {File: lora, Denoiser: -0.1, Text: 0}}
		j, err := merge.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "baked.safetensors")
		var b bytes.Buffer
		if err := j.Write(context.Background(), &b, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		was, err := checkpoint.Open(o.A, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		is, err := checkpoint.Open(path, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := adapter.Open(lora)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range append([]*checkpoint.Part{was.Denoiser}, was.Text...) {
			uses := []adapter.Use{{File: f, Strength: 0.5}, {File: f, Strength: -0.1}}
			baked := is.Denoiser
			if i > 0 {
				uses, baked = []adapter.Use{{File: f, Strength: 2}}, is.Text[i-1]
			}
			merger := adapter.NewMerger(p, f) // as a run has it
			if err := merger.Merge(context.Background(), func(map[string]graph.Weight) error { return nil }, uses...); err != nil {
				t.Fatal(err)
			}
			source, changed := merger.Source(), 0
			for _, weight := range p.Names() {
				want := values(t, p.Tensors[weight])
				if w, _ := source(weight); w.Data != nil {
					want = w.Floats()
					changed++
				}
				for k, v := range values(t, baked.Tensors[weight]) {
					if v != want[k] {
						t.Fatalf("%s, %s %q: value %d is %g, a run has %g", name, p.Role, weight, k, v, want[k])
					}
				}
			}
			if changed == 0 {
				t.Errorf("%s: nothing of %s changed", name, p.Role)
			}
		}
	}
}

// Scaled 8-bit floats keep their values, also in a file of one network whose keys have no prefix.
func TestScaledFloatsKeepTheirValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unet.safetensors")
	items := []pipelinetest.Item{
		{Name: "input_blocks.0.0.weight", DType: "F8_E4M3", Shape: []int{2}, Data: []byte{0x38, 0x40}}, // 1, 2
		pipelinetest.NewItem("input_blocks.0.0.scale_weight", "F32", []float32{0.25}),
	}
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	j, err := merge.Open(merge.Options{Method: "none", A: path})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := j.Write(context.Background(), &b, j.Metadata([3]merge.Sums{}), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := checkpoint.OpenPart(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if v := values(t, p.Tensors["input_blocks.0.0.weight"]); v[0] != 0.25 || v[1] != 0.5 {
		t.Errorf("%v, want 0.25 and 0.5", v)
	}
	if r := p.Metadata["sd_merge_recipe"]; strings.Contains(r, "multiplier") || strings.Contains(r, "alpha") {
		t.Errorf("a recipe of nothing mixed: %s", r)
	}
}
