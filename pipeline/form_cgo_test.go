//go:build cgo

package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline/ort"
	"pentimento/pipeline/tensor"
)

// A run says when the denoiser's packed form took over, and one that is to be exact takes
// it over there again: the record of the second is that of the first.
func TestAnExactRunTakesItsFormsFromTheRecord(t *testing.T) {
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	p := New(rt)
	p.SetMerges(merges(t))
	defer p.Close()
	for _, packed := range [][]int{{3, -1}, {0, 2}} {
		var before []*image.NRGBA
		for range 2 {
			res, err := p.Run(context.Background(), Request{
				Ask:      Ask{Engine: Diffusion, Task: Generate},
				Models:   Models{Model: tiny(t, "tiny15")},
				Text:     Text{Prompt: "waves"},
				Sampling: Sampling{Seed: 3, Steps: 3, CFG: 2, Width: 64, Height: 64, Batch: 2},
				Where:    Where{Threads: 2},
				Ran:      Ran{Packed: packed, Exact: true},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(res.Request.Packed, packed) {
				t.Errorf("the run says %v, want %v", res.Request.Packed, packed)
			}
			for i, img := range before {
				if !slices.Equal(img.Pix, res.Images[i].Pix) {
					t.Errorf("%v: picture %d differs the second time", packed, i)
				}
			}
			before = res.Images
		}
	}
}

// sumOf runs a request in a pipeline of its own, times times, and says what came out: the
// latent's bits and the picture's.
func sumOf(t *testing.T, times int) (out []string) {
	t.Helper()
	p := New(ort.New(ort.Config{Device: "cpu"}))
	p.SetMerges(merges(t))
	defer p.Close()
	for range times {
		h := sha256.New()
		res, err := p.RunTraced(context.Background(), Request{
			Ask:      Ask{Engine: Diffusion, Task: Generate},
			Models:   Models{Model: os.Getenv("PENTIMENTO_SAME")},
			Text:     Text{Prompt: "waves"},
			Sampling: Sampling{Seed: 3, Steps: 30, CFG: 2, Width: 64, Height: 64},
			Where:    Where{Threads: 2},
		}, nil, func(name string, x *tensor.Tensor) {
			if name == "latent" {
				_ = binary.Write(h, binary.LittleEndian, x.Data)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		h.Write(res.Image.Pix)
		out = append(out, fmt.Sprintf("%x", h.Sum(nil)))
	}
	return out
}

// TestTheSameRequestGivesTheSamePixels: six times in a process that is kept busy, in
// pipelines that were just opened, after a run in the other form, and in other processes.
func TestTheSameRequestGivesTheSamePixels(t *testing.T) {
	if os.Getenv("PENTIMENTO_SAME") != "" { // another process
		fmt.Println("sum", sumOf(t, 1)[0])
		return
	}
	rt := ort.New(ort.Config{Device: "cpu"})
	if _, err := rt.Version(); err != nil {
		t.Skipf("the native library is not here; `make native` fetches it (%v)", err)
	}
	t.Setenv("PENTIMENTO_SAME", tiny(t, "tiny15"))
	stop := make(chan struct{})
	for range 2 {
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					runtime.KeepAlive(math.Sqrt(float64(n)))
				}
			}
		}()
	}
	times := 6
	if testing.Short() {
		times = 2
	}
	got := append(sumOf(t, times), sumOf(t, 1)...)
	close(stop)
	for range times / 2 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestTheSameRequestGivesTheSamePixels$")
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		sum, _, _ := strings.Cut(string(text), "\n")
		got = append(got, strings.TrimPrefix(sum, "sum "))
	}
	for i, s := range got {
		if s != got[0] {
			t.Errorf("run %d gave %.12s, the first %.12s", i+1, s, got[0])
		}
	}
}
