package pipeline

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// TestHiresWaysMakeTheLargerPicture: every way to enlarge reaches the same size, without a decoding between the
// passes where the latent itself is resized, and what is outside a mask stays.
func TestHiresWaysMakeTheLargerPicture(t *testing.T) {
	for _, way := range append([]string{""}, HiresWays...) {
		p, n := neutralPipeline(t)
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")},
			Sampling: Sampling{Width: 64, Height: 72, Steps: 2, CFG: 1, Hires: &Hires{Scale: 1.5, Upscaler: way, Strength: 0.5}}}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatalf("%q: %v", way, err)
		}
		_, latent := LatentFilter(way)
		if res.Image.Rect != image.Rect(0, 0, 96, 112) || (n.last == nil) != latent || !latent && !slices.Equal(n.last.Shape, []int{1, 4, 14, 12}) { // 108 in multiples of 8
			t.Errorf("%q: picture %v, encoded to %v", way, res.Image.Rect, n.last)
		}
		img := noisePicture(96, 64)
		q.Task, q.Image, q.Mask = Inpaint, img, disc(img.Rect, image.Pt(40, 30), 12)
		if res, err = p.Run(context.Background(), q, nil); err != nil {
			t.Fatalf("%q: %v", way, err)
		}
		sameWhere(t, way, img, res.Image, res.Mask)
	}
}

// TestHiresOfOtherPrograms: A1111's keys become a second pass, and are written as they were read.
func TestHiresOfOtherPrograms(t *testing.T) {
	const head = "p\nSteps: 9, Sampler: Euler, CFG scale: 5, Seed: 1, Size: 512x768, Denoising strength: 0.4, "
	for text, want := range map[string]Hires{
		"Hires upscale: 1.75, Hires steps: 12, Hires upscaler: R-ESRGAN 4x+": {Scale: 1.75, Steps: 12, Strength: 0.4, Upscaler: "R-ESRGAN 4x+"},
		"Hires upscale: 2, Hires upscaler: Latent (bicubic antialiased)":     {Scale: 2, Strength: 0.4, Upscaler: "Latent (bicubic antialiased)"},
		"Hires resize: 768x1152, Hires upscaler: 4x-UltraSharp":              {Scale: 1.5, Strength: 0.4, Upscaler: "4x-UltraSharp"},
		"Hires resize: 0x1152, Hires upscaler: /home/x/4x.pth":               {Scale: 1.5, Strength: 0.4, Upscaler: "4x.pth"},
	} {
		r := metadata.ParseA1111(head + text)
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
		q.Recall(r, func(string) bool { return false })
		if q.Hires == nil || *q.Hires != want {
			t.Fatalf("%s: read as %+v", text, q.Hires)
		}
		q.Width, q.Height = 512, 768
		f := q.Record(image.Rect(0, 0, 8, 8), time.Unix(9, 0))
		back, exact := HiresOf(metadata.ParseA1111(f.Recipe("test").Text()))
		want.Upscaler = upscalerNameOr(want.Upscaler)
		if back == nil || *back != want || !exact {
			t.Errorf("%s: came back as %+v", text, back)
		}
	}
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
	if left := q.Recall(metadata.ParseA1111(head+"Hires resize: 1024x1024, Hires upscaler: None"), func(string) bool { return false }); len(left) != 1 || q.Hires.Scale != 2 {
		t.Errorf("of another shape it is %+v, %q", q.Hires, left)
	}
	if h, _ := HiresOf(metadata.ParseA1111(head + "Hires upscale: 90")); h != nil {
		t.Errorf("90 times became %+v", h)
	}
}

func upscalerNameOr(name string) string {
	if slices.Contains(HiresWays, name) {
		return name
	}
	return upscalerName(name)
}

// TestUpscalersAreFoundByTheirNames: in the folders of A1111 and ComfyUI, by file or by A1111's word for it; a name
// opens no path.
func TestUpscalersAreFoundByTheirNames(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"models/RealESRGAN/RealESRGAN_x4plus.pth", "models/ESRGAN/4x-UltraSharp.pth", "models/ESRGAN/readme.txt", "models/Stable-diffusion/m.safetensors"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	model := filepath.Join(dir, "models/Stable-diffusion/m.safetensors")
	for name, want := range map[string]string{
		"R-ESRGAN 4x+": "RealESRGAN/RealESRGAN_x4plus.pth", "realesrgan_x4plus": "RealESRGAN/RealESRGAN_x4plus.pth", "4x-UltraSharp": "ESRGAN/4x-UltraSharp.pth",
		"4x-UltraSharp.pth": "ESRGAN/4x-UltraSharp.pth", "readme": "", "../ESRGAN/readme.txt": "", "": "",
	} {
		if want != "" {
			want = filepath.Join(dir, "models", want)
		}
		if got := FindUpscaler(model, name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	p, _ := neutralPipeline(t)
	q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, "tiny15")}, Sampling: Sampling{Width: 64, Height: 64, Steps: 2, Hires: &Hires{Scale: 2, Upscaler: "nowhere"}}}
	steps := 0
	if _, err := p.Run(context.Background(), q, func(g Progress) { steps++ }); err == nil || steps > 1 {
		t.Errorf("an upscaler that isn't there: %v after %d reports", err, steps)
	}
}
