//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"image"
	"testing"
)

// A region of the whole frame paints what a run of its texts alone does, and one that covers nothing
// changes nothing, bit for bit; one of a half does neither.
func TestARegionPaintsItsOwnText(t *testing.T) {
	p := native(t)
	paint := func(prompt, negative string, regions ...Region) []uint8 {
		t.Helper()
		q := adapterRequest(tiny(t, "tiny15"), prompt)
		q.Negative, q.Regions = negative, regions
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Images[0].Pix
	}
	whole, own, half := boxed(0, 0, 1, 1), boxed(0, 0, 1, 1), boxed(0, 0, 0.5, 1)
	own.Negative = "dull"
	over := whole
	over.Over = true
	nothing := Region{Prompt: "a fox", Weight: 1, Mask: image.NewAlpha(image.Rect(0, 0, 64, 64))}
	plain := paint("a meadow", "grey")
	for name, c := range map[string]struct {
		got, want []uint8
		same      bool
	}{
		"whole":              {paint("a meadow", "grey", whole), paint("a fox", "grey"), true},
		"its own negative":   {paint("a meadow", "grey", own), paint("a fox", "dull"), true},
		"over all":           {paint("a meadow", "grey", over), paint("a fox", "grey"), true},
		"nothing":            {paint("a meadow", "grey", nothing), plain, true},
		"half":               {paint("a meadow", "grey", half), plain, false},
		"half, as the whole": {paint("a meadow", "grey", half), paint("a fox", "grey"), false},
	} {
		if bytes.Equal(c.got, c.want) != c.same {
			t.Errorf("%s: the same picture is %v, want %v", name, !c.same, c.same)
		}
	}
}
