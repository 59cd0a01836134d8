package infill

import (
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is one fill beside its rivals: PSNR in dB and SSIM inside the hole.
type outcome struct {
	psnr, ssim             [3]float64 // content, Laplace, Telea-like marching
	truth, filled, laplace *image.NRGBA
}

// rate fills a scene with a round hole of 10 % in the middle.
func (s trial) rate(tb testing.TB, w, h int, seed int64) (o outcome) {
	o.truth = s.draw(w, h, uint64(seed)+11)
	mask := disc(w, h, 0.1)
	var err error
	if o.filled, err = Fill(tb.Context(), o.truth, mask, Options{Seed: seed}, nil); err != nil {
		tb.Fatal(err)
	}
	o.laplace = laplace(o.truth, mask)
	for i, img := range []*image.NRGBA{o.filled, o.laplace, telea(o.truth, mask)} {
		o.psnr[i], o.ssim[i] = psnr(img, o.truth, mask), ssim(img, o.truth, mask)
	}
	return o
}

func TestContentWinsOnStructureAndDoesNotLoseOnGradients(t *testing.T) {
	few := map[string]bool{"bricks": true, "floor tiles": true, "wall": true, "stripes | sky": true,
		"linear noisy": true, "radial": true, "two gradients": true}
	if testing.Short() {
		few = map[string]bool{"bricks": true}
	}
	for _, s := range trials() {
		if !few[s.name] {
			continue // BenchmarkQuality has them all
		}
		o := s.rate(t, 264, 198, 1)
		rival := max(o.psnr[1], o.psnr[2])
		if s.class == structured && (o.psnr[0] < rival+4 || o.ssim[0] < max(o.ssim[1], o.ssim[2])+0.1) {
			t.Errorf("%s: %.1f dB, SSIM %.2f; want 4 dB and 0.1 more than the best rival (%.1f dB, %.2f)", s.name, o.psnr[0], o.ssim[0], rival, max(o.ssim[1], o.ssim[2]))
		}
		if s.class == smooth && min(o.psnr[0], 50) < min(rival, 50)-0.7 {
			t.Errorf("%s: %.1f dB, want no less than the best rival's %.1f", s.name, o.psnr[0], rival)
		}
	}
}

// TestTableQuality is the table's scene at a smaller size; the full one is a benchmark.
func TestTableQuality(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes this large picture take long: run without -short")
	}
	truth, mask := wall(384, regular).draw(512, 384, 1), disc(512, 384, 0.12)
	if got := psnr(fill(t, truth, mask, Options{}), truth, mask); got < 28.4 {
		t.Errorf("%.2f dB, want at least 28.4", got)
	}
}

// BenchmarkQuality reports every scene; -v is not needed. INFILL_DUMP names a folder for
// pictures (truth, content, Laplace).
func BenchmarkQuality(b *testing.B) {
	for _, s := range trials() {
		b.Run(strings.ReplaceAll(s.name, " ", "_"), func(b *testing.B) {
			var o outcome
			for b.Loop() {
				o = s.rate(b, 384, 288, 1)
			}
			for i, name := range []string{"content", "laplace", "telea"} {
				b.ReportMetric(o.psnr[i], name+"-dB")
				b.ReportMetric(math.Round(o.ssim[i]*100)/100, name+"-SSIM")
			}
			if dir := os.Getenv("INFILL_DUMP"); dir != "" {
				dump(b, filepath.Join(dir, strings.ReplaceAll(s.name, " ", "_")+".png"), o.truth, o.filled, o.laplace)
			}
		})
	}
}

// dump writes pictures side by side.
func dump(t testing.TB, path string, imgs ...*image.NRGBA) {
	w, h := imgs[0].Rect.Dx(), imgs[0].Rect.Dy()
	sheet := image.NewNRGBA(image.Rect(0, 0, w*len(imgs), h))
	for i, img := range imgs {
		for y := range h {
			copy(sheet.Pix[sheet.PixOffset(i*w, y):], img.Pix[y*img.Stride:][:4*w])
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		t.Error(err)
	}
}
