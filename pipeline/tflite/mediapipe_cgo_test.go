//go:build cgo

package tflite

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/ort"
)

// mediapipe are networks of MediaPipe's, by the beginnings of their SHA-256, and what TensorFlow
// Lite itself (its build for browsers, one thread) makes of the picture that pattern gives: of each
// output the first number, the one in the middle and the last.
var mediapipe = []struct {
	name, sum string
	want      map[string][3]float32
}{
	{"face_detection_short_range.tflite", "3bc182eb9f33925d", map[string][3]float32{"regressors": {0.111197, -1.0638, -2.03352}, "classificators": {-5.48746, -4.83617, -104.379}}},
	{"face_detection_full_range.tflite", "99bf9494d84f50ac", map[string][3]float32{"reshaped_regressor_face_4": {-3.23854, -2.42086, -6.83294}, "reshaped_classifier_face_4": {-6.08303, -5.48691, -9.3316}}},
	{"face_detection_full_range_sparse.tflite", "671dd2f9ed11a784", map[string][3]float32{"Identity": {-5.62834, -8.75288, 9.43144}, "Identity_1": {-11.6438, -18.471, -92.9654}}},
	{"hand_landmark_full.tflite", "8c026882c9ec059c", map[string][3]float32{"Identity": {97.8215, 91.7391, 11.2653}, "Identity_1": {0.0103035, 0.0103035, 0.0103035}, "Identity_2": {0.563376, 0.563376, 0.563376}, "Identity_3": {-0.0128557, -0.0284239, 0.0203627}}},
	{"hand_landmark_lite.tflite", "d7fde8ac11f8ce03", map[string][3]float32{"Identity": {112.74, 80.6008, 11.0993}, "Identity_1": {0.0436093, 0.0436093, 0.0436093}, "Identity_2": {0.253726, 0.253726, 0.253726}, "Identity_3": {0.00253762, -0.0176615, 0.00453353}}},
	{"pose_landmark_full.tflite", "e9a5c5cb17f736fa", map[string][3]float32{"Identity": {131.499, -15.2489, -1.69431}, "Identity_1": {0.0997126, 0.0997126, 0.0997126}, "Identity_2": {-78.6652, -266.429, -7.12935}, "Identity_3": {-25.2024, -17.1515, -7.62484}, "Identity_4": {0.108287, -0.515155, -0.0224087}}},
	{"pose_landmark_heavy.tflite", "59e42d71bcd44cbd", map[string][3]float32{"Identity": {138.996, -47.1068, -6.34522}, "Identity_1": {0.0536344, 0.0536344, 0.0536344}, "Identity_2": {-3.44361, -11.3251, -6.15011}, "Identity_3": {-22.6827, -12.8819, -70.572}, "Identity_4": {0.0738275, -0.553478, 0.998277}}},
	{"pose_landmark_lite.tflite", "f17bfbecadb61c3b", map[string][3]float32{"Identity": {137.217, -28.9035, 1.83738}, "Identity_1": {0.998098, 0.998098, 0.998098}, "Identity_2": {-23.4647, -19.3404, -32.3642}, "Identity_3": {-7.36536, -8.04565, -9.47962}, "Identity_4": {0.0115166, -0.520175, 0.311373}}},
	{"face_landmark.tflite", "c603fa6149219a3e", map[string][3]float32{"conv2d_21": {91.6774, 38.2673, -2.66195}, "conv2d_31": {-9.01438, -9.01438, -9.01438}}},
	{"hand_recrop.tflite", "67d996ce96f9d36f", map[string][3]float32{"output_crop": {140.369, 115.799, 247.302}}},
	{"palm_detection_full.tflite", "2f25e740121983f6", map[string][3]float32{"Identity": {-2.40157, 4.02601, 29.1294}, "Identity_1": {-8.56877, -7.38876, -12.1975}}},
	{"palm_detection_lite.tflite", "e9a4aaddf90dda56", map[string][3]float32{"Identity": {4.02243, 5.28799, -2.34528}, "Identity_1": {-5.21278, -8.9672, -11.7265}}},
	{"pose_detection.tflite", "a63c614bef30d359", map[string][3]float32{"Identity": {-5.62216, 2.07258, 0.153763}, "Identity_1": {-71.9502, -7.10466, -26.7902}}},
}

// pattern is a picture [1,h,w,C] of bands that run at an angle of their own in each channel, 0..1.
func pattern(h, w, c int) []float32 {
	var x []float32
	for i := range h {
		for k := range w {
			for n := range c {
				x = append(x, float32((k*(n+1)+i*2)%256)/255)
			}
		}
	}
	return x
}

// TestMediaPipesNetworksAgreeWithTensorFlowLite: those that lie in the folder PENTIMENTO_NETWORKS, or
// in folders within it, under the names that MediaPipe's npm packages and packed assets give them.
func TestMediaPipesNetworksAgreeWithTensorFlowLite(t *testing.T) {
	root := os.Getenv("PENTIMENTO_NETWORKS")
	if root == "" {
		t.Skip("set PENTIMENTO_NETWORKS to a folder with .tflite files of @mediapipe/holistic, face_detection and hands")
	}
	files, found := map[string]string{}, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".tflite") {
			files[filepath.Base(path)] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime := ort.New(ort.Config{Device: "cpu"})
	for _, n := range mediapipe {
		if files[n.name] == "" {
			continue
		}
		found++
		t.Run(n.name, func(t *testing.T) {
			b, err := os.ReadFile(files[n.name])
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(b); !strings.HasPrefix(hex.EncodeToString(sum[:]), n.sum) {
				t.Fatalf("is another file than the one that was measured: SHA-256 %x", sum)
			}
			g, err := Open(files[n.name])
			if err != nil {
				t.Fatal(err)
			}
			s := g.Inputs[0].Shape
			out := run(t, runtime, g, pattern(int(s[1].Fixed), int(s[2].Fixed), int(s[3].Fixed)))
			for name, want := range n.want {
				got := out[name].Data
				most := 0.0
				for _, v := range got {
					most = max(most, math.Abs(float64(v)))
				}
				for i, at := range []int{0, len(got) / 2, len(got) - 1} {
					if d := math.Abs(float64(got[at] - want[i])); d > 5e-4*most+1e-6 {
						t.Errorf("output %q at %d is %g, want %g", name, at, got[at], want[i])
					}
				}
			}
		})
	}
	if found == 0 {
		t.Errorf("%q holds none of the networks", root)
	}
}
