package embedding

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/png"
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

func item(name string, shape ...int) pipelinetest.Item {
	return pipelinetest.NewItem(name, "F32", pipelinetest.Uniform(name, 0.05, shape...).Data, shape...)
}

func write(t *testing.T, name string, items ...pipelinetest.Item) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every program's form of file gives the same: so many vectors, so wide, for each encoder.
func TestEveryFormOfFileIsRead(t *testing.T) {
	pickles := filepath.Join("..", "pickle", "testdata")
	for path, want := range map[string]struct {
		vectors int
		widths  []int
	}{
		filepath.Join(pickles, "embedding.pt"):                                                     {3, []int{128}},
		filepath.Join(pickles, "embedding_old.pt"):                                                 {3, []int{128}},
		filepath.Join(pickles, "learned_embeds.bin"):                                               {1, []int{128}},
		write(t, "plain.safetensors", item("emb_params", 4, 768)):                                  {4, []int{768}},
		write(t, "token.safetensors", item("<fog>", 1024)):                                         {1, []int{1024}},
		write(t, "xl.safetensors", item("clip_g", 2, 1280), item("clip_l", 2, 768)):                {2, []int{768, 1280}},
		write(t, "diffusers.safetensors", item("text_encoders_1", 8), item("text_encoders_0", 4)):  {1, []int{4, 8}},
		write(t, "sd3.safetensors", item("clip_g", 1, 8), item("clip_l", 1, 4), item("t5", 1, 16)): {1, []int{4, 8}},
		write(t, "a1111.safetensors", item("string_to_param.*", 2, 4)):                             {2, []int{4}},
	} {
		f, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		vectors, err := f.Read()
		if err != nil || f.Vectors != want.vectors || !slices.Equal(f.Widths, want.widths) || len(vectors) != len(want.widths) {
			t.Errorf("%s: %d vectors of width %v, %v; want %d of %v", filepath.Base(path), f.Vectors, f.Widths, err, want.vectors, want.widths)
			continue
		}
		for i, v := range vectors {
			if !slices.Equal(v.Shape, []int{want.vectors, want.widths[i]}) || len(v.Data) != want.vectors*want.widths[i] {
				t.Errorf("%s: values of shape %v", filepath.Base(path), v.Shape)
			}
		}
		if f.Fits(want.widths) != nil {
			t.Errorf("%s does not fit its own widths", filepath.Base(path))
		}
		if err := f.Fits([]int{999}); err == nil || !strings.Contains(err.Error(), "999") || fault.Hint(err) == "" {
			t.Errorf("%s on another family: %v", filepath.Base(path), err)
		}
	}
}

func TestTheValuesAreThoseOfTheFile(t *testing.T) {
	want, err := checkpoint.OpenPart(filepath.Join("..", "pickle", "testdata", "values.safetensors"), "")
	if err != nil {
		t.Fatal(err)
	}
	for file, key := range map[string]string{"embedding.pt": "embedding.pt|string_to_param.*", "learned_embeds.bin": "learned_embeds.bin|<tok>"} {
		f, err := Open(filepath.Join("..", "pickle", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		values, err := want.Tensors[key].Floats()
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Read()
		if err != nil || len(values) == 0 || !slices.Equal(got[0].Data, values) {
			t.Errorf("%s: other values, %v", file, err)
		}
	}
}

// lying writes a header without its values.
func lying(t *testing.T, header map[string]any) string {
	t.Helper()
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lying.safetensors")
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsNoEmbeddingIsSaid(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pt")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct{ path, want string }{
		"an empty file":    {empty, "empty.pt"},
		"no vectors":       {write(t, "none.safetensors", item("emb_params", 0, 768)), "at least one vector"},
		"no width":         {write(t, "thin.safetensors", item("emb_params", 3, 0)), "at least one vector"},
		"too many":         {write(t, "many.safetensors", item("emb_params", 10000, 4)), "10000 vectors, want at most 750"},
		"a matrix more":    {write(t, "deep.safetensors", item("emb_params", 1, 2, 4)), "[1 2 4], want [vectors, width]"},
		"a scalar":         {write(t, "scalar.safetensors", item("step")), "no vectors"},
		"two words":        {write(t, "two.safetensors", item("a", 4), item("b", 4)), "holds 2 tensors"},
		"unequal encoders": {write(t, "xl.safetensors", item("clip_l", 2, 4), item("clip_g", 3, 8)), "3 vectors, want 2"},
		"a huge first dimension": {lying(t, map[string]any{"x": map[string]any{"dtype": "F32", "shape": []int64{1 << 40, 768}, "data_offsets": []int64{0, 1 << 62}}}),
			"lying.safetensors"},
		"a program": {filepath.Join("..", "pickle", "testdata", "bad_os_system.ckpt"), "system"},
		"nothing":   {filepath.Join(t.TempDir(), "gone.pt"), "gone.pt"},
	} {
		if _, err := Open(v.path); err == nil || !strings.Contains(err.Error(), v.want) || !strings.HasPrefix(err.Error(), "embedding ") {
			t.Errorf("%s: error %v, want one of %q", name, err, v.want)
		}
	}
	values := []float32{0, 1, 2, float32(math.NaN()), 4, 5}
	f, err := Open(write(t, "nan.safetensors", pipelinetest.NewItem("emb_params", "F32", values, 3, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), "vector 2") {
		t.Errorf("no number: error %v", err)
	}
}

func TestEmbeddingsAreFoundWhereOtherProgramsKeepThem(t *testing.T) {
	root := t.TempDir()
	place := func(parts ...string) string {
		path := filepath.Join(append([]string{root}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	model := place("webui", "models", "Stable-diffusion", "sd", "m.safetensors")
	beside := place("webui", "models", "Stable-diffusion", "Embeddings", "near.pt")
	comfy := place("webui", "models", "embeddings", "deep", "kiln.safetensors")
	webui := place("webui", "embeddings", "fog.bin")
	place("webui", "embeddings", "near.pt")     // another of that name lies nearer
	place("webui", "embeddings", "preview.png") // no embedding
	place("webui", "models", "Lora", "lora.safetensors")
	given, inFolder := place("else", "Given.pt"), place("folder", "sub", "inside.pt")
	got := List(model, given, filepath.Join(root, "folder"), filepath.Join(root, "gone"))
	if want := []string{given, inFolder, beside, comfy, webui}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for path, want := range map[string]string{webui: "fog", `C:\x\Bad Hand.v2.PT`: "Bad Hand.v2", "plain": "plain"} {
		if Name(path) != want {
			t.Errorf("%q is called %q, want %q", path, Name(path), want)
		}
	}
	sum, err := Sum(context.Background(), filepath.Join("..", "pickle", "testdata", "learned_embeds.bin"))
	if err != nil || len(sum) != 12 {
		t.Errorf("sum %q, %v", sum, err)
	}
}

// A picture of A1111's holds the same vectors in its text, whichever kind of text, and in its pixels.
func TestEmbeddingsInPicturesAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/picture.json")
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float32
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "embeddings")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var all []string
	for _, name := range []string{"itxt.png", "pixels.png", "text.png", "zipped.png"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		path := put(name, data)
		all = append(all, path)
		f, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := f.Read()
		if err != nil || f.Vectors != 2 || !slices.Equal(f.Widths, []int{8}) || !slices.Equal(got[0].Data, slices.Concat(want...)) {
			t.Errorf("%s: %d vectors of width %v, %v, error %v", name, f.Vectors, f.Widths, got, err)
		}
		for n := 0; n < min(len(data), 900); n += 11 { // a broken one is an error, or no embedding, and never a panic
			broken := slices.Clone(data)
			broken[n] ^= 0x40
			path := put("broken.png", broken)
			if f, err := Open(path); err == nil && f.Vectors != 2 {
				t.Errorf("%s with another byte %d: %d vectors", name, n, f.Vectors)
			}
		}
		_ = os.Remove(filepath.Join(folder, "broken.png"))
	}
	// Other pictures, and previews of embeddings, are none.
	preview, err := os.ReadFile("testdata/text.png")
	if err != nil {
		t.Fatal(err)
	}
	put("fog.png", preview)
	fog := put("fog.safetensors", []byte("an embedding"))
	put("mist.preview.png", preview)
	var plain bytes.Buffer
	if err := png.Encode(&plain, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	put("plain.png", plain.Bytes())
	put("no.png", []byte("no picture"))
	if got, want := List("", folder), append([]string{fog}, all...); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if _, err := Open(filepath.Join(folder, "plain.png")); err == nil || !strings.Contains(err.Error(), "holds no embedding") || fault.Hint(err) == "" {
		t.Errorf("a plain picture: error %v", err)
	}
}

// The generator is that of A1111's image_embedding: its first numbers, of which we have the lower halves.
func TestThePicturesNoiseIsA1111s(t *testing.T) {
	next := noise()
	for i, want := range []byte{253, 242, 127, 44, 157, 27, 239, 133, 38, 79, 167, 4} {
		if got := next(); got != want&15 {
			t.Errorf("number %d is %d, want %d", i, got, want&15)
		}
	}
}

// What a checkpoint or an adapter has bundled is listed behind everything else and read as a file
// of its own would be.
func TestBundledEmbeddingsAreRead(t *testing.T) {
	file := write(t, "model.safetensors", item("model.x", 4), item("bundle_emb.fog.string_to_param.*", 3, 8),
		item("bundle_emb.<a.b>.clip_g", 2, 16), item("bundle_emb.<a.b>.clip_l", 2, 8), item("bundle_emb.<a.b>.clip_l_out", 2, 8),
		item("bundle_emb.x/../../y.clip_l", 1, 8), item("bundle_emb.odd.other", 1, 8))
	got := Bundled(file)
	if want := []string{filepath.Join(file, "<a.b>"), filepath.Join(file, "fog")}; !slices.Equal(got, want) {
		t.Fatalf("bundled %q, want %q", got, want)
	}
	if all := List(file); !slices.Equal(all, got) {
		t.Errorf("listed %q, want %q", all, got)
	}
	sums := map[string]bool{}
	for i, want := range [][]int{{8, 16}, {8}} {
		f, err := Open(got[i])
		if err != nil {
			t.Fatal(err)
		}
		if v, err := f.Read(); err != nil || !slices.Equal(f.Widths, want) || len(v) != len(want) || f.Vectors != i+2 {
			t.Errorf("%s: %d vectors of width %v, error %v", got[i], f.Vectors, f.Widths, err)
		}
		sum, err := Sum(context.Background(), got[i])
		if err != nil || len(sum) != 12 || sums[sum] || Container(got[i]) != file {
			t.Errorf("%s: sum %q, error %v", got[i], sum, err)
		}
		sums[sum] = true
	}
	if Name(got[1]) != "fog" || Container(file) != file {
		t.Errorf("called %q, in %q", Name(got[1]), Container(file))
	}
	if _, err := Open(file + "/gone"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("one that is not there: error %v", err)
	}
	if other := write(t, "other.safetensors", item("model.x", 4)); Bundled(other) != nil || Bundled(filepath.Dir(other)) != nil || Bundled(other+"x") != nil {
		t.Error("embeddings were found where there are none")
	}
}
