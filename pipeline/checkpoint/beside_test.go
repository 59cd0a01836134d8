package checkpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// apart lays a model out as ComfyUI does, each network in a file of its own: the denoiser's, and
// the others by their roles. raw gives the denoiser the names of single files.
func apart(t *testing.T, name string, raw bool) (denoiser string, others map[string]string, whole *checkpoint.Checkpoint) {
	t.Helper()
	dir, root := small(t, name).Write(t, "folder", "F16"), t.TempDir()
	whole, err := checkpoint.Open(dir, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) string {
		to = filepath.Join(root, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		return to
	}
	others = map[string]string{}
	for folder, file := range map[string]string{"vae": "vae/other.safetensors", "text_encoder": "clip/one.safetensors", "text_encoder_2": "clip/two.safetensors"} {
		from := filepath.Join(dir, folder, "model.safetensors")
		if folder == "vae" {
			from = filepath.Join(dir, folder, "diffusion_pytorch_model.safetensors")
		}
		if _, err := os.Stat(from); err == nil {
			others[folder] = move(from, file)
		}
	}
	denoiser = move(filepath.Join(dir, "unet", "diffusion_pytorch_model.safetensors"), "unet/m.safetensors")
	if raw {
		single := small(t, name)
		single.Without = "first_stage_model."
		path := single.Write(t, "single", "F16")
		rewrite(t, path, func(list []pipelinetest.Item) (out []pipelinetest.Item) {
			for _, it := range list {
				if rest, ok := strings.CutPrefix(it.Name, "model.diffusion_model."); ok {
					it.Name = rest
					out = append(out, it)
				}
			}
			return out
		})
		denoiser = move(path, "unet/m.safetensors")
	}
	return denoiser, others, whole
}

func sameParts(t *testing.T, got, want *checkpoint.Checkpoint) {
	t.Helper()
	if got.Family != want.Family || len(got.Text) != len(want.Text) {
		t.Fatalf("%s with %d text encoders, want %s with %d", got.Family.Name, len(got.Text), want.Family.Name, len(want.Text))
	}
	for i, w := range want.Parts() {
		g := got.Parts()[i]
		if g.Role != w.Role || !slices.Equal(g.Names(), w.Names()) {
			t.Errorf("%s has the tensors %v, want of %s %v", g.Role, g.Names(), w.Role, w.Names())
		}
	}
}

// TestADenoiserAloneTakesSeparateFiles: the model that its parts make together is the whole one;
// what is missing is said by name, and files of the names that the field gives them are found.
func TestADenoiserAloneTakesSeparateFiles(t *testing.T) {
	for name, usual := range map[string]map[string]string{
		"tiny15": {"text_encoder": "clip_l", "vae": "vae-ft-mse-840000-ema-pruned"}, "tinyxl": {"text_encoder": "clip_l", "text_encoder_2": "clip_g", "vae": "sdxl_vae"},
	} {
		for _, raw := range []bool{false, true} {
			denoiser, others, whole := apart(t, name, raw)
			_, err := checkpoint.Open(denoiser, checkpoint.Options{})
			var missing *checkpoint.Incomplete
			if !errors.As(err, &missing) || len(missing.Lacks) != len(others) || !strings.Contains(err.Error(), "denoiser alone ("+whole.Family.Label+")") {
				t.Fatalf("%s: error %v, want one that names the %d networks that are missing", name, err, len(others))
			}
			o := checkpoint.Options{VAE: "other", Text: []string{others["text_encoder"]}}
			if two := others["text_encoder_2"]; two != "" {
				if _, err := checkpoint.Open(denoiser, o); !errors.As(err, &missing) || !slices.Equal(missing.Lacks, []string{"text_encoder_2"}) && !slices.Equal(missing.Lacks, []string{"text_encoder"}) {
					t.Errorf("%s with one of two text encoders: error %v", name, err)
				}
				o.Text = []string{two, others["text_encoder"]}
			}
			ck, err := checkpoint.Open(denoiser, o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if sameParts(t, ck, whole); len(ck.Separate) != len(others) || len(ck.Files) != len(others)+1 {
				t.Errorf("%s: separate are %v of the files %v", name, ck.Separate, ck.Files)
			}
			for role, path := range others {
				if err := os.Rename(path, filepath.Join(filepath.Dir(path), usual[role]+".safetensors")); err != nil {
					t.Fatal(err)
				}
			}
			if ck, err = checkpoint.Open(denoiser, checkpoint.Options{}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			sameParts(t, ck, whole)
		}
	}
}

// TestASeparateFileOfAnotherKindIsNamed: what was chosen for a text encoder and isn't one.
func TestASeparateFileOfAnotherKindIsNamed(t *testing.T) {
	denoiser, others, _ := apart(t, "tiny15", true)
	for want, o := range map[string]checkpoint.Options{
		"want a text encoder": {Text: []string{others["vae"]}}, "holds no VAE": {VAE: others["text_encoder"]}, "no such file": {VAE: "elsewhere"},
	} {
		if _, err := checkpoint.Open(denoiser, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if _, err := checkpoint.Open(others["vae"], checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "autoencoder (VAE)") {
		t.Errorf("a VAE opened as a model: %v", err)
	}
	if _, err := checkpoint.Open(others["text_encoder"], checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "text encoder") {
		t.Errorf("a text encoder opened as a model: %v", err)
	}
}
