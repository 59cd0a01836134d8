//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/pipelinetest"
)

// TestAModelOfSeparateFilesMakesThePicturesOfTheWhole: also where the files are found by name near
// it; the recipe tells them by their sums, and a replay that finds other files says so.
func TestAModelOfSeparateFilesMakesThePicturesOfTheWhole(t *testing.T) {
	m := pipelinetest.Tiny(t, "tiny15")
	dir, root := m.Write(t, "folder", "F32"), t.TempDir()
	for from, to := range map[string]string{"unet/diffusion_pytorch_model": "unet/m", "vae/diffusion_pytorch_model": "VAE/my_vae", "text_encoder/model": "clip/clip_l"} {
		path := filepath.Join(root, filepath.FromSlash(to)+".safetensors")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, filepath.FromSlash(from)+".safetensors"), path); err != nil {
			t.Fatal(err)
		}
	}
	p := native(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 64, 64)}, Models: Models{Model: tiny(t, "tiny15")},
		Sampling: Sampling{Width: 64, Height: 64, Steps: 2}, Text: Text{Prompt: "a cat"}, Where: Where{Threads: 1}}
	whole, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Model = filepath.Join(root, "unet", "m.safetensors")
	_, err = p.Run(context.Background(), q, nil)
	if !Incomplete(err) || !strings.HasSuffix(err.Error(), "missing: the autoencoder (VAE)") {
		t.Fatalf("without a VAE: error %v, want one that names it alone", err)
	}
	q.VAE = "my_vae"
	res, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(res.Image.Pix, whole.Image.Pix) {
		t.Error("the picture differs from that of the same networks in one file")
	}
	text := res.Request.Record(q.Frame, time.Unix(9, 0)).Recipe("test").Text()
	for _, want := range []string{"VAE: my_vae", "VAE hash: ", "Text encoder: clip_l.safetensors", "Text encoder hashes: \"clip_l.safetensors: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the recipe lacks %q: %s", want, text)
		}
	}
	again := res.Replay().Request // base names only, found again near the model
	again.Model, again.Exact, again.Where = q.Model, true, q.Where
	said := ""
	run := func() *Result {
		t.Helper()
		r, err := p.Run(context.Background(), again, func(g Progress) { said += g.Notice })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := run(); !bytes.Equal(r.Image.Pix, res.Image.Pix) || said != "" {
		t.Errorf("the replay differs, or says %q", said)
	}
	again.Separate = []string{"vae: 0000000000"}
	if run(); !strings.Contains(said, "not the files") {
		t.Errorf("a replay with another VAE says %q", said)
	}
}
