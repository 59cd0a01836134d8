package checkpoint_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// small is a made-up model, narrow and with a small vocabulary: these tests run nothing.
func small(t testing.TB, name string) *pipelinetest.Model {
	m := pipelinetest.Tiny(t, name)
	for i := range m.Unet.Mult {
		m.Unet.Mult[i] = 1
	}
	for i := range m.VAE.Mult {
		m.VAE.Mult[i] = 1
	}
	for i := range m.Text {
		m.Text[i].Vocabulary = 64
	}
	return m
}

func open(t testing.TB, m *pipelinetest.Model, layout, dtype string) *checkpoint.Checkpoint {
	t.Helper()
	ck, err := checkpoint.Open(m.Write(t, layout, dtype), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ck
}

func TestFamilyIsDecidedByShapes(t *testing.T) {
	for _, v := range []struct {
		model, family, prediction, dtype string
		channels                         int64
		text                             int
		scale                            float64
	}{
		{"tiny15", "sd1", "epsilon", "F32", 4, 1, 0.18215}, {"tiny15-inpaint", "sd1", "epsilon", "F16", 9, 1, 0.18215},
		{"tiny21", "sd2", "v", "BF16", 4, 1, 0.18215}, {"tinyxl", "sdxl", "epsilon", "F16", 4, 2, 0.13025},
	} {
		for _, layout := range []string{"single", "folder"} {
			m := small(t, v.model)
			path := m.Write(t, layout, v.dtype)
			if layout == "single" { // a file's name must not matter
				other := filepath.Join(filepath.Dir(path), "sdxl-inpainting-v-fp32.safetensors")
				if err := os.Rename(path, other); err != nil {
					t.Fatal(err)
				}
				path = other
			}
			ck, err := checkpoint.Open(path, checkpoint.Options{})
			if err != nil {
				t.Fatal(err)
			}
			dtype := map[string]string{"F32": "fp32", "F16": "fp16", "BF16": "bf16"}[v.dtype]
			if ck.Family.Name != v.family || ck.Prediction != v.prediction || ck.Channels != v.channels || len(ck.Text) != v.text ||
				ck.ScaleFactor != v.scale || ck.DType != dtype || ck.Layout != layout {
				t.Errorf("%s %s: %s, %s, %d channels, %d text encoders, scale %g, %s, %s", v.model, layout,
					ck.Family.Name, ck.Prediction, ck.Channels, len(ck.Text), ck.ScaleFactor, ck.DType, ck.Layout)
			}
		}
	}
}

// Both layouts mean the same tensors: equal names, types and bytes.
func TestBothLayoutsHaveOneNameSpace(t *testing.T) {
	for _, name := range []string{"tiny15", "tiny21", "tinyxl"} {
		one, two := open(t, small(t, name), "single", "F16"), open(t, small(t, name), "folder", "F16")
		parts := func(c *checkpoint.Checkpoint) []*checkpoint.Part {
			return append([]*checkpoint.Part{c.Denoiser, c.VAE}, c.Text...)
		}
		for i, a := range parts(one) {
			b := parts(two)[i]
			for n, ta := range a.Tensors {
				tb, ok := b.Tensors[n]
				if !ok {
					if n != "logit_scale" && !strings.HasPrefix(n, "text_projection") {
						t.Errorf("%s %s: the folder lacks %q", name, a.Role, n)
					}
					continue
				}
				va, err := ta.Floats()
				if err != nil {
					t.Fatal(err)
				}
				vb, err := tb.Floats()
				if err != nil || !slices.Equal(va, vb) {
					t.Errorf("%s %s: %q has other values in the folder (%v)", name, a.Role, n, err)
				}
			}
			for n := range b.Tensors {
				if _, ok := a.Tensors[n]; !ok && !strings.HasPrefix(n, "text_projection") {
					t.Errorf("%s %s: the single file lacks %q", name, a.Role, n)
				}
			}
		}
	}
}

func TestShardedFp16FolderThroughLinksOpens(t *testing.T) {
	dir := small(t, "tiny15").Write(t, "folder", "F16")
	whole, err := checkpoint.Open(dir, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// As a download cache lays it out: blobs elsewhere, links in the folder.
	unet := filepath.Join(dir, "unet")
	shard(t, filepath.Join(unet, "diffusion_pytorch_model.safetensors"), unet, 2)
	blobs := t.TempDir()
	for _, n := range []string{"1", "2"} {
		file := "diffusion_pytorch_model.fp16-" + n + ".safetensors"
		if err := os.Rename(filepath.Join(unet, file), filepath.Join(blobs, n)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(blobs, n), filepath.Join(unet, file)); err != nil {
			t.Skip("no symbolic links on this system:", err)
		}
	}
	ck, err := checkpoint.Open(dir, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(ck.Denoiser.Tensors) != len(whole.Denoiser.Tensors) || len(ck.Files) != len(whole.Files)+1 {
		t.Errorf("%d tensors in %d files, want %d in %d", len(ck.Denoiser.Tensors), len(ck.Files), len(whole.Denoiser.Tensors), len(whole.Files)+1)
	}
	for _, x := range ck.Denoiser.Tensors {
		if resolved, err := filepath.EvalSymlinks(x.File); err != nil || resolved != x.File {
			t.Fatalf("tensor %q points at %q, which is a link", x.Name, x.File)
		}
	}
}

func TestShardsMustBePlainFilesOfTheFolder(t *testing.T) {
	for _, name := range []string{"../x.safetensors", "/etc/passwd", "a/b.safetensors", "..", ""} {
		dir := small(t, "tiny15").Write(t, "folder", "F16")
		unet := filepath.Join(dir, "unet")
		if err := os.Remove(filepath.Join(unet, "diffusion_pytorch_model.safetensors")); err != nil {
			t.Fatal(err)
		}
		index := `{"weight_map":{"conv_in.weight":"` + name + `"}}`
		if err := os.WriteFile(filepath.Join(unet, "diffusion_pytorch_model.safetensors.index.json"), []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(dir, checkpoint.Options{}); err == nil {
			t.Errorf("a shard called %q was accepted", name)
		}
	}
}

func TestIncompleteAndMixedModelsAreNamed(t *testing.T) {
	for _, v := range []struct {
		want   string
		change func(m *pipelinetest.Model)
	}{
		{"holds the denoiser and the text encoder (Stable Diffusion 1.x); missing: the autoencoder (VAE)", func(m *pipelinetest.Model) { m.Without = "first_stage_model." }},
		{"tensors), text_encoder (52 tensors); missing the denoiser", func(m *pipelinetest.Model) { m.Without = "model.diffusion_model." }},
		{"missing: the text encoder", func(m *pipelinetest.Model) { m.Without = "cond_stage_model." }},
		{"missing denoiser out.2.weight", func(m *pipelinetest.Model) { m.Without = "model.diffusion_model.out.2.weight" }},
		{"5 input channels, want 4 or 9", func(m *pipelinetest.Model) { m.Unet.In = 5 }},
		{"parts of different models", func(m *pipelinetest.Model) { m.Text[0].Width = 192 }},
		{"(Stable Diffusion XL); missing: the second text encoder", func(m *pipelinetest.Model) { m.Unet.Label = 1728 }},
	} {
		m := small(t, "tiny15")
		v.change(m)
		_, err := checkpoint.Open(m.Write(t, "single", "F16"), checkpoint.Options{})
		if err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("error %v, want one that says %q", err, v.want)
		}
	}
	m := small(t, "tiny15")
	m.Without = "first_stage_model."
	_, err := checkpoint.Open(m.Write(t, "single", "F16"), checkpoint.Options{})
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "VAE") {
		t.Errorf("a model without a VAE gives no advice (%v)", err)
	}
}

func TestFilesOfOtherKindsAreNamed(t *testing.T) {
	for content, want := range map[string]string{
		"PK\x03\x04 zip of a torch model": "too early", "\x80\x02}q\x00 legacy model": "pickle", "GGUF 12345678": "GGUF",
		"<!DOCTYPE html><html>": "web page", "version https://git-lfs.github.com/spec/v1": "Git LFS", "abc": "this is a text", "": "0 bytes",
		`{"error":"Unauthorized","message":"The creator requires you to be logged in"}`: "error message", "Access denied: sign in to download": "Access denied",
		"\n  <HTML><body>": "web page", "<?xml version='1.0'?><Error/>": "XML", "\x80\x05\x95\x0a\x00\x00\x00\x00": "pickle", "\x89PNG\r\n\x1a\n": "picture", "\xff\xd8\xff\xe0": "picture",
		"8BPS\x00\x01": "picture (PSD)", "II*\x00\x08": "picture (TIFF)", "GIF89a": "picture (GIF)",
		"PK\x03\x04\x14\x00\x00\x00\x00\x00Gp{]\xa1\xf0\x03\xa7\x13\x00\x00\x00\x13\x00\x00\x00\x08\x00\x00\x00mimetypeapplication/x-krita": "picture with layers",
	} {
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", content, err, want)
		}
	}
	if runtime.GOOS == "linux" {
		pipe := filepath.Join(t.TempDir(), "pipe.safetensors")
		if err := exec.Command("mkfifo", pipe).Run(); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(pipe, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "pipe") {
			t.Errorf("a pipe gives %v", err)
		}
	}
	if _, err := checkpoint.Open(filepath.Join(t.TempDir(), "none"), checkpoint.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	if _, err := checkpoint.Open(t.TempDir(), checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "model_index.json") {
		t.Errorf("an empty folder gives %v", err)
	}
}

func TestPredictionIsDecidedAndExplained(t *testing.T) {
	for _, v := range []struct {
		model, layout string
		metadata      map[string]string
		option, want  string
		why           string
	}{
		{"tiny21", "single", nil, "", "v", "usual for"},
		{"tiny21", "folder", nil, "", "v", "scheduler_config.json"},
		{"tiny21", "single", map[string]string{"modelspec.prediction_type": "epsilon"}, "", "epsilon", "modelspec"},
		{"tiny21", "single", map[string]string{"modelspec.architecture": "stable-diffusion-v2-512"}, "", "epsilon", "architecture"},
		{"tiny21", "folder", map[string]string{"pentimento.prediction": "epsilon"}, "", "epsilon", "pentimento.prediction"},
		{"tiny21", "single", map[string]string{"pentimento.prediction": "v"}, "epsilon", "epsilon", "as set"},
		{"tinyxl", "single", map[string]string{"modelspec.prediction_type": "v"}, "", "v", "modelspec"},
		{"tiny15", "single", nil, "", "epsilon", "usual for"},
	} {
		m := small(t, v.model)
		maps.Copy(m.Metadata, v.metadata)
		ck, err := checkpoint.Open(m.Write(t, v.layout, "F16"), checkpoint.Options{Prediction: v.option})
		if err != nil {
			t.Fatal(err)
		}
		if ck.Prediction != v.want || !strings.Contains(ck.PredictionWhy, v.why) {
			t.Errorf("%+v: %s (%s)", v, ck.Prediction, ck.PredictionWhy)
		}
	}
}

func TestOurOwnMetadataIsRead(t *testing.T) {
	m := small(t, "tiny15")
	maps.Copy(m.Metadata, map[string]string{
		"pentimento.prediction": "v", "pentimento.schedule": `{"kind":"linear","beta_start":0.001,"beta_end":0.02,"steps":500,"zero_terminal_snr":true}`,
		"pentimento.heads": `{"head_size":16}`, "pentimento.text_heads": `{"heads":4}`, "pentimento.scale_factor": "0.5", "pentimento.native_size": "128",
		"pentimento.words": "cat\ndog",
	})
	ck := open(t, m, "single", "F16")
	want := checkpoint.Schedule{Kind: "linear", BetaStart: 0.001, BetaEnd: 0.02, Steps: 500, ZeroTerminalSNR: true}
	heads, err := ck.Denoiser.Heads.Of(1, 64)
	text, err2 := ck.Text[0].Heads.Of(0, 128)
	if ck.Schedule != want || ck.ScaleFactor != 0.5 || ck.NativeSize != 128 || heads != 4 || text != 4 || err != nil || err2 != nil || ck.Metadata["pentimento.words"] != "cat\ndog" {
		t.Errorf("read %+v, %d and %d heads (%v, %v)", ck.Settings, heads, text, err, err2)
	}
	for key, bad := range map[string]string{"pentimento.heads": `{"heads":2,"head_size":8}`, "pentimento.schedule": `{"kind":"odd"}`,
		"pentimento.scale_factor": "-1", "pentimento.native_size": "0", "pentimento.prediction": "sample", "pentimento.text_heads": "3"} {
		m := small(t, "tiny15")
		m.Metadata[key] = bad
		if _, err := checkpoint.Open(m.Write(t, "single", "F16"), checkpoint.Options{}); err == nil {
			t.Errorf("%s = %q was accepted", key, bad)
		}
	}
}

func TestChangeOfAFileIsNoticed(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	ck, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ck.Changed(); err != nil {
		t.Errorf("an untouched file: %v", err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ck.Changed() == nil {
		t.Error("a rewritten file went unnoticed")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(ck.Changed(), os.ErrNotExist) {
		t.Error("a removed file went unnoticed")
	}
}
