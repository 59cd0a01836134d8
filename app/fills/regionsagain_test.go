package fills

import (
	"image"
	"image/color"
	"testing"

	"pentimento/canvas"
	"pentimento/pipeline"
)

// regionsAgain is RegionsAgain to its end.
func (b *bench) regionsAgain(regions []pipeline.Region, base float64, frame image.Rectangle) (gone []string) {
	b.t.Helper()
	done := false
	b.RegionsAgain(regions, base, frame, func(g []string) { gone, done = g, true })
	b.until("the regions", func() bool { return done })
	return gone
}

// The regions of a recipe are one step of history, however many; taken again after an undo they have the same colours.
func TestTheRegionsOfARecipeAreOneStep(t *testing.T) {
	b, _ := studio(t)
	b.setFrame(image.Rect(0, 0, 100, 100))
	var all []pipeline.Region
	for i, name := range []string{"sky", "sea", "ship"} {
		all = append(all, pipeline.Region{Name: name, Prompt: name, Weight: 1, Box: [4]float64{0, float64(i) / 4, 1, 0.25}})
	}
	frame := b.Committed().Frame
	colours := func() (out []int) {
		for _, r := range b.Regions() {
			out = append(out, r.Colour)
		}
		return out
	}
	_, before := b.doc.History()
	b.regionsAgain(all, 0.5, frame)
	first := colours()
	if _, now := b.doc.History(); now != before+1 || len(first) != 3 || first[0] == first[1] || first[1] == first[2] {
		t.Fatalf("%d steps for regions of the colours %v", now-before, first)
	}
	b.undo()
	if n := len(b.Regions()); n != 0 {
		t.Fatalf("undo leaves %d regions", n)
	}
	b.regionsAgain(all[1:], 0.5, frame)
	if again := colours(); len(again) != 2 || again[0] != first[1] || again[1] != first[2] {
		t.Errorf("taken again their colours are %v, before %v", again, first)
	}
	_, before = b.doc.History()
	b.regionsAgain(all[1:], 0.5, frame)
	if _, now := b.doc.History(); now != before {
		t.Error("regions that lie as the recipe says are laid anew")
	}
}

// A guide of a region acts there alone: in a fill, in a check, as long as the region is there and on; a
// record brings it back to its region. What the canvas shows of it, and where regions lie, is read beside the window's goroutine.
func TestAGuideActsInItsRegion(t *testing.T) {
	b, left, right, far := regional(t)
	b.refer("look", flat(image.Rect(0, 0, 40, 30), color.NRGBA{200, 2, 3, 255}))
	under := b.underFrame()
	picture := b.Committed().References[0]
	for r, area := range map[*canvas.Reference]string{picture: right, under: left} {
		b.Follow(r, pipeline.GuideReference)
		if b.Attach(r, func(a *Attachment) { a.Region = area }); b.Attachment(r).Region != "" {
			t.Error("the look that the model itself reads is followed in a region, which it can't be")
		}
		b.Follow(r, pipeline.GuideControl)
		b.Attach(r, func(a *Attachment) { a.Region, a.Module = area, "canny" })
	}
	b.maskRect(image.Rect(50, 56, 70, 76))
	a := &asked{Runner: broken{}} // no network of a guide is here
	b.Runner = a
	sel, out := b.plan(b.Committed())
	b.start(job{out, b.Committed(), sel, out.read, nil})
	s := b.Shown()
	if !s.Unmade() || s.Request.Regions[0].Guides[0].Image != nil {
		t.Error("the canvas was read on the window's goroutine")
	}
	b.until("the job's end", func() bool { return len(b.seen.Failed) > 0 && !s.Unmade() })
	for what, q := range map[string]pipeline.Request{"the job's": a.got[0], "the stack's": s.Request} {
		if len(q.Guides) != 0 || len(q.Regions) != 2 || len(q.Regions[0].Guides) != 1 || len(q.Regions[1].Guides) != 1 {
			t.Fatalf("%s request has guides %v, regions %v", what, q.Guides, q.Regions)
		}
		if l, r := q.Regions[0].Guides[0], q.Regions[1].Guides[0]; l.Image == nil || !l.Placed || r.Name != "look" || r.Image == nil || !q.Image.Rect.In(q.Regions[0].Mask.Rect) {
			t.Errorf("%s request: %v and %v, the mask %v", what, l, r, q.Regions[0].Mask.Rect)
		}
	}
	replay := (&pipeline.Result{Request: s.Request, Image: s.Request.Image}).Replay()
	b.Attach(picture, func(a *Attachment) { a.Region, a.On = far, false })
	b.regionsAgain(replay.Request.Regions, 0, replay.Request.Frame)
	if left := b.FollowAgain(replay.Request.Guides, replay.Request.Regions); len(left) != 0 || b.Attachment(picture).Region != right || !b.Attachment(picture).On {
		t.Errorf("the record brings it back as %+v, without %v", b.Attachment(picture), left)
	}
	held := func() (n int) {
		q := b.request(pipeline.Inpaint, uncut(b.acting(b.Committed(), b.Outline()))...)
		for _, r := range q.Regions {
			n += len(r.Guides)
		}
		return n + 10*len(q.Guides)
	}
	if held() != 2 {
		t.Errorf("the check sees %d", held())
	}
	b.ChangeRegion(left, func(r *Region) { r.Off = true })
	b.RemoveRegion(right)
	if held() != 0 {
		t.Error("guides of regions that are gone or off are followed")
	}
	if b.undo(); held() != 1 {
		t.Error("with the region its guide doesn't come back")
	}
}
