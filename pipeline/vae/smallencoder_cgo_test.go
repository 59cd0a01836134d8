//go:build cgo

package vae_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// taesdEncoder writes an encoder of TAESD's own shape, its values by name.
func taesdEncoder(t *testing.T, extra string) string {
	var items []pipelinetest.Item
	add := func(key string, out, in int, bias bool) {
		at := "taesd_encoder:" + key
		w := pipelinetest.Uniform(at+".weight", math.Sqrt(3/float64(9*in)), out, in, 3, 3)
		items = append(items, pipelinetest.NewItem(key+".weight", "F32", w.Data, w.Shape...))
		if bias {
			b := pipelinetest.Uniform(at+".bias", 0.02, out)
			items = append(items, pipelinetest.NewItem(key+".bias", "F32", b.Data, out))
		}
	}
	for n := range 15 {
		switch n {
		case 0:
			add("0", 64, 3, true)
		case 2, 6, 10:
			add(fmt.Sprint(n), 64, 64, false)
		case 14:
			add("14", 4, 64, true)
		default:
			for _, c := range []string{"0", "2", "4"} {
				add(fmt.Sprintf("%d.conv.%s", n, c), 64, 64, true)
			}
		}
	}
	if extra != "" {
		items = append(items, pipelinetest.NewItem(extra, "F32", []float32{1}, 1))
	}
	path := filepath.Join(t.TempDir(), "taesd_encoder.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSmallEncoderAgreesWithTheReference(t *testing.T) {
	rt := native(t)
	want, err := pipelinetest.ReadSafetensors("testdata/taesd.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	picture := pipelinetest.Uniform("taesd.1.image", 1, 1, 3, 48, 80)
	for i, v := range picture.Data {
		picture.Data[i] = (v + 1) / 2
	}
	run := func(path string, in *tensor.Tensor) (string, *tensor.Tensor, error) {
		return vae.RunSmall(context.Background(), rt, path, model.Options{Threads: 1}, map[string]*tensor.Tensor{"image": in})
	}
	name, z, err := run(taesdEncoder(t, ""), picture)
	if err != nil {
		t.Fatal(err)
	}
	if e := pipelinetest.Relative(z.Data, want["taesd.1.encoded"].Data); name != "z" || e > 1e-5 {
		t.Errorf("%s differs by %.2g, want z and at most 1e-5", name, e)
	}
	if _, _, err := run(taesdEncoder(t, "norm.weight"), picture); err == nil || !strings.Contains(err.Error(), "have no place") {
		t.Errorf("a file with more in it: %v", err)
	}
	if _, _, err := run(taesdEncoder(t, ""), tensor.New(1, 3, 20, 16)); err == nil || !strings.Contains(err.Error(), "8 divides") {
		t.Errorf("a picture of 16 × 20: %v", err)
	}
}
