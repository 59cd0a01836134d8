package pipeline

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// The steps in which a guide acts are those of A1111's extension, its rounding included.
func TestGuidesActInAPartOfTheSteps(t *testing.T) {
	for _, c := range []struct {
		steps      int
		start, end float64
		want       []int
	}{
		{10, 0, 1, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{10, 0.2, 0.6, []int{2, 3, 4, 5, 6}},
		{10, 0, 0.5, []int{0, 1, 2, 3, 4, 5}},
		{10, 0.33, 0.34, []int{}},
		{20, 0.2, 0.6, []int{4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{20, 0.5, 1, []int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}},
	} {
		if got := ActiveSteps(c.steps, c.start, c.end); !slices.Equal(got, c.want) {
			t.Errorf("%d steps from %g to %g: %v, want %v", c.steps, c.start, c.end, got, c.want)
		}
	}
}

func TestAGuideOfAnUnknownKindIsRefusedBeforeAnyWork(t *testing.T) {
	q := Request{Guides: []Guide{{Kind: "telepathy", Weight: 1, End: 1}}}
	if err := q.checkGuides(nil); err == nil {
		t.Error("it was taken")
	}
}

// A guide without a picture shows its network nothing else in its place, least of all what is painted on.
func TestAGuideWithoutItsPictureIsRefused(t *testing.T) {
	img := noisePicture(16, 16)
	planned := func(q Request) Request { q.Plan = &Plan{}; return q }
	p, _ := standIns(t)
	h, err := p.headers.look(Models{Model: tiny(t, "tiny15")})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		g    Guide
		q    Request
		said bool
	}{
		"lost":                {Guide{}, planned(Request{Ask: Ask{Image: img}}), true},
		"the canvas":          {Guide{Placed: true}, Request{Ask: Ask{Image: img}}, false},
		"the canvas, planned": {Guide{Placed: true}, planned(Request{}), false},
		"no canvas":           {Guide{Placed: true}, Request{}, true},
	} {
		c.g.End = 1
		err := c.g.check(c.q, GuideKind{}, h.Model)
		if said := err != nil && err.Error() == "it has no picture"; said != c.said {
			t.Errorf("%s: %v", name, err)
		}
	}
	lost := pass{run: &run{req: Request{Ask: Ask{Image: img}}}, work: work{size: image.Pt(16, 16), place: img.Rect}}
	if _, _, err := lost.hint(context.Background(), Guide{Kind: GuideControl}); err == nil {
		t.Error("the canvas was shown in the place of a picture that is lost")
	}
}

// What a step after the run leaves open is in the record, so that the step is the same again.
func TestGuidesOfStepsAreRecordedAsTheyActed(t *testing.T) {
	q := Request{After: []Step{{Task: Refine, Guides: []Guide{{Kind: GuideReference, Weight: 1, End: 1}}}}}
	given := q.After
	q.settleGuides()
	q.quiet()
	if g := q.After[0].Guides[0]; g.Preprocessor != ReferenceOnly || g.Weight != 1 {
		t.Errorf("the record has %+v", g)
	}
	if given[0].Guides[0].Preprocessor != "" {
		t.Error("the request that was given is another now")
	}
}

// Whether a preprocessor takes a picture is asked at every change of the panel: it looks at no pixel
// where none counts.
func TestACheckOfAMapLooksAtNoPixel(t *testing.T) {
	g := Guide{Image: image.NewNRGBA(image.Rect(0, 0, 2000, 2000)), Preprocessor: "canny"}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := g.checkMap()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err != nil || n > 1<<20 {
		t.Errorf("%d bytes were taken, %v", n, err)
	}
	if g = (Guide{Image: noisePicture(16, 16), Preprocessor: "normal_midas"}); g.checkMap() == nil {
		t.Error("a picture in colour was taken for a depth map")
	}
}

// A file that is no vision encoder is read once, as long as it stays as it is.
func TestWhatIsNoVisionEncoderIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "adapter.safetensors")
	if err := os.WriteFile(path, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, first := imageVision(path)
	if _, again := imageVision(path); first == nil || again != first {
		t.Errorf("%v, then %v", first, again)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, again := imageVision(path); again == nil || again == first {
		t.Errorf("after a change: %v", again)
	}
}

// Networks that stay open after a run hold no picture of it.
func TestWhatIsOpenedForGuidesHoldsNoPicture(t *testing.T) {
	q := Request{Guides: []Guide{{Kind: GuideControl, Model: "a", Weight: 1, End: 1, Image: noisePicture(4, 4), Mask: image.NewAlpha(image.Rect(0, 0, 4, 4))}}}
	if g := q.source().guides; len(g) != 1 || g[0].Image != nil || g[0].Mask != nil || g[0].Model != "a" {
		t.Errorf("it holds %+v", g)
	}
	if q.Guides[0].Image == nil || q.Guides[0].Mask == nil {
		t.Error("the request lost its pictures")
	}
}
