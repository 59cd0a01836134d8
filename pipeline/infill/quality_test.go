package infill

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContentWinsOnStructureAndDoesNotLoseOnGradients(t *testing.T) {
	for _, s := range trials() {
		truth := s.draw(384, 288, 11)
		mask := disc(384, 288, 0.1)
		got, err := Fill(t.Context(), truth, mask, Options{Seed: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		lap, tel := laplace(truth, mask), telea(truth, mask)
		p, ps := psnr(got, truth, mask), ssim(got, truth, mask)
		t.Logf("%-18s content %5.1f dB %.2f  laplace %5.1f dB %.2f  telea %5.1f dB %.2f  %+5.1f", s.name, p, ps,
			psnr(lap, truth, mask), ssim(lap, truth, mask), psnr(tel, truth, mask), ssim(tel, truth, mask), p-max(psnr(lap, truth, mask), psnr(tel, truth, mask)))
		if dir := os.Getenv("INFILL_DUMP"); dir != "" {
			dump(t, filepath.Join(dir, strings.ReplaceAll(s.name, " ", "_")+".png"), truth, got, lap)
		}
	}
}

// dump writes pictures side by side.
func dump(t *testing.T, path string, imgs ...*image.NRGBA) {
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
