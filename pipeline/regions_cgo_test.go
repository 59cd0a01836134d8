//go:build cgo

package pipeline

import (
	"bytes"
	"context"
	"image"
	"strings"
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

// A region that acts nowhere, or in less than the network tells apart, is told of, as is a mask of another size than
// the picture; one that acts, however softly, is not.
func TestARegionThatHardlyActsIsTold(t *testing.T) {
	p := native(t)
	painted := func(w, h int, v uint8) Region {
		g := Region{Name: "sky", Prompt: "a fox", Weight: 1, Mask: image.NewAlpha(image.Rect(0, 0, w, h))}
		for i := range g.Mask.Pix {
			g.Mask.Pix[i] = v
		}
		return g
	}
	dot := boxed(0.5, 0.5, 0.05, 0.05)
	dot.Name = "sky"
	for want, g := range map[string]Region{
		`"sky" is empty`: painted(64, 64, 0), `"sky" is of 3×3 pixels, less than the 8×8`: dot,
		`"sky": its mask is of 32×64 pixels and the picture of 64×64`: painted(32, 64, 255), "": painted(64, 64, 60),
	} {
		q := adapterRequest(tiny(t, "tiny15"), "a meadow")
		q.Regions, q.Steps = []Region{g}, 1
		var notices []string
		if _, err := p.Run(context.Background(), q, func(now Progress) {
			if now.Notice != "" {
				notices = append(notices, now.Notice)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if want == "" && len(notices) > 0 || want != "" && (len(notices) != 1 || !strings.Contains(notices[0], want)) {
			t.Errorf("notices %q, want one of %q", notices, want)
		}
	}
}
