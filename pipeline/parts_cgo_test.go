//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"testing"
)

// A model larger than what is allowed makes the same picture, bit for bit, and the person is told
// that it is read in parts, in how many, and what that costs.
func TestAModelLargerThanItsMemoryIsReadInParts(t *testing.T) {
	for _, name := range []string{"tiny15", "tinyxl"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		p := native(t)
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Models: Models{Model: tiny(t, name)}, Text: Text{Prompt: "a red boat"},
			Sampling: Sampling{Width: 64, Height: 64, Steps: 2, Seed: 1}, Ran: Ran{Exact: true, Packed: []int{-1}}}
		want, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		q.Memory = 0.03
		got, err := p.Run(context.Background(), q, func(g Progress) {
			if g.Notice != "" {
				said = append(said, g.Notice)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Image.Pix, want.Image.Pix) {
			t.Errorf("%s: in parts the picture is another one", name)
		}
		told := regexp.MustCompile(`^the denoiser takes more than the 0.03 GB that are allowed: it is read in \d+ parts at each evaluation, about \d+\.\d times slower$`)
		if !slices.ContainsFunc(said, told.MatchString) || got.Device != "cpu" {
			t.Errorf("%s on %q: it was said %q", name, got.Device, said)
		}
		t.Logf("%s: %q", name, said)
	}
}
