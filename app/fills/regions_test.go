package fills

import (
	"context"
	"image"
	"image/color"
	"reflect"
	"testing"

	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// asked is a Runner that keeps what it is asked for.
type asked struct {
	pipeline.Runner
	got []pipeline.Request
}

func (a *asked) Run(ctx context.Context, q pipeline.Request, report func(pipeline.Progress)) (*pipeline.Result, error) {
	a.got = append(a.got, q)
	return a.Runner.Run(ctx, q, report)
}

// regional is a studio with a picture, and regions left, right and far away.
func regional(t *testing.T) (b *bench, left, right, far string) {
	b, _ = studio(t)
	b.put(texture(image.Rect(0, 0, 256, 128), 3))
	cover := func(r image.Rectangle) canvas.Grid[canvas.MaskTile] { return canvas.CoverRect(r) }
	left, right, far = b.AddRegion(cover(image.Rect(-50, 30, 62, 90)), nil), b.AddRegion(cover(image.Rect(62, 30, 128, 90)), nil), b.AddRegion(cover(image.Rect(2000, 0, 2100, 50)), nil)
	for area, prompt := range map[string]string{left: " a red barn ", right: "a blue barn", far: "the moon"} {
		b.ChangeRegion(area, func(r *Region) { r.Name, r.Prompt = "the "+area, prompt })
	}
	b.SetFill(func(f *settings.Fill) { f.Prompt, f.Strength, f.Reach, f.Steps = "a farm", 1, "inside", 2 })
	return b, left, right, far
}

// A fill's request holds the regions that touch what it changes, each with its mask in document pixels over
// all that is read; the rest and those that are switched off are left out.
func TestAFillHoldsTheRegionsThatItTouches(t *testing.T) {
	b, left, right, _ := regional(t)
	b.ChangeRegion(left, func(r *Region) { r.Feather, r.Negative, r.Weight = 6, "hay", 2 })
	b.ChangeRegion(right, func(r *Region) { r.Over = true })
	b.SetRegionBase(0.25)
	b.maskRect(image.Rect(50, 56, 70, 76))
	a := &asked{Runner: b.Pipeline}
	b.Runner = a
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	q := a.got[0]
	if len(q.Regions) != 2 || q.RegionBase != 0.25 {
		t.Fatalf("the request holds the regions %v at a share of %v", q.Regions, q.RegionBase)
	}
	l, r := q.Regions[0], q.Regions[1]
	if l.Prompt != "a red barn" || l.Negative != "hay" || l.Weight != 2 || l.Feather != 6 || l.Over || r.Prompt != "a blue barn" || !r.Over || r.Name != "the "+right {
		t.Errorf("they are %+v and %+v", l, r)
	}
	read := q.Image.Rect
	for _, one := range q.Regions {
		if !read.In(one.Mask.Rect) {
			t.Errorf("%s: its mask is %v, what is read %v", one.Name, one.Mask.Rect, read)
		}
	}
	if l.Mask.AlphaAt(61, 60).A != 255 || l.Mask.AlphaAt(62, 60).A != 0 || r.Mask.AlphaAt(61, 60).A != 0 || r.Mask.AlphaAt(62, 60).A != 255 {
		t.Error("the masks do not lie where they were painted")
	}
	if n, of := b.RegionsActing(); n != 2 || of != 3 {
		t.Errorf("%d of %d act, want 2 of 3", n, of)
	}
	b.DiscardAll()
	b.ChangeRegion(left, func(r *Region) { r.Off = true })
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	if q := a.got[1]; len(q.Regions) != 1 || q.Regions[0].Prompt != "a blue barn" {
		t.Errorf("with one switched off the request holds %v", q.Regions)
	}
}

// The first promise holds with regions: nothing outside the mask changes, however far they reach.
func TestRegionsChangeNothingOutsideTheMask(t *testing.T) {
	b, left, _, _ := regional(t)
	b.ChangeRegion(left, func(r *Region) { r.Over, r.Feather = true, 20 })
	hole := image.Rect(50, 56, 70, 76)
	b.maskRect(hole)
	before := flatten(b.Committed(), image.Rect(-60, -10, 260, 140))
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	b.Accept()
	after := flatten(b.Committed(), before.Rect)
	changed := pixels.BoundsWhere(before.Rect, func(x, y int) bool { return before.NRGBAAt(x, y) != after.NRGBAAt(x, y) })
	if changed.Empty() || !changed.In(hole) {
		t.Errorf("%v changed, want within %v", changed, hole)
	}
}

// An engine without a network passes regions by, and it is said how many.
func TestContentAwarePassesRegionsBy(t *testing.T) {
	b, _, _, _ := regional(t)
	b.SetFill(func(f *settings.Fill) { f.Engine = "content" })
	b.maskRect(image.Rect(50, 56, 70, 76))
	a := &asked{Runner: b.Pipeline}
	b.Runner = a
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	if n, of := b.RegionsActing(); len(a.got[0].Regions) != 0 || n != 0 || of != 3 {
		t.Errorf("the request holds %v; %d of %d act", a.got[0].Regions, n, of)
	}
}

// A region that is removed comes back with its texts by undo, in its place, and goes again by redo.
func TestARemovedRegionComesBackByUndo(t *testing.T) {
	b, left, right, far := regional(t)
	before := b.Regions()
	b.RemoveRegion(right)
	if got := b.Regions(); len(got) != 2 || got[0].Area != left || got[1].Area != far {
		t.Fatalf("after it was removed there are %v", got)
	}
	b.MoveRegion(far, -1) // over the hole in the list
	if got := b.Regions(); got[0].Area != far || got[1].Area != left {
		t.Fatalf("moved up they are %v", got)
	}
	b.MoveRegion(far, 1)
	if b.undo(); !reflect.DeepEqual(b.Regions(), before) {
		t.Errorf("undo brings back %v, want %v", b.Regions(), before)
	}
	if b.redo(); len(b.Regions()) != 2 {
		t.Error("redo leaves it")
	}
	if again := b.AddRegion(canvas.Grid[canvas.MaskTile]{}, nil); again == right {
		t.Error("a new region takes the texts of a removed one")
	}
}

// All settings of a fill bring its regions back: those that are still there stay to the pixel, one that is gone
// is made again where it was, others are switched off.
func TestARecordBringsRegionsBack(t *testing.T) {
	b, left, right, far := regional(t)
	b.maskRect(image.Rect(50, 56, 70, 76))
	a := &asked{Runner: b.Pipeline}
	b.Runner = a
	b.Fill()
	b.until("a candidate", func() bool { return b.Current() != nil })
	replay := b.Current().Result.Replay()
	for i := range replay.Request.Regions {
		replay.Request.Regions[i].Mask = nil // no record has them
	}
	exact := b.Committed().Channels[b.Committed().Channel(left)].Cover
	b.ChangeRegion(left, func(r *Region) { r.Prompt, r.Weight, r.Off = "nothing", 3, true })
	b.RemoveRegion(right)
	b.regionsAgain(replay.Request.Regions, replay.Request.RegionBase, replay.Request.Frame)
	got := b.Regions()
	if len(got) != 3 || got[0].Area != left || got[0].Prompt != "a red barn" || got[0].Weight != 1 || got[0].Off || got[1].Area != far || !got[1].Off || got[2].Prompt != "a blue barn" {
		t.Fatalf("the regions are %+v", got)
	}
	s := b.Committed()
	if !canvas.SameCover(s.Channels[s.Channel(left)].Cover, exact) {
		t.Error("a region that is as it was is painted anew")
	}
	m := canvas.CoverImage(s.Channels[s.Channel(got[2].Area)].Cover, s.Frame)
	if m.AlphaAt(70, 40).A != 255 || m.AlphaAt(56, 60).A != 0 || m.AlphaAt(70, 100).A != 0 {
		t.Errorf("the region that was gone lies at %v", canvas.CoverUsed(s.Channels[s.Channel(got[2].Area)].Cover))
	}
	if gone := b.regionsAgain([]pipeline.Region{{Name: "nowhere", Prompt: "x", Weight: 1}}, 0, s.Frame); len(gone) != 1 || gone[0] != "nowhere" || len(b.Regions()) != 3 {
		t.Errorf("of a region outside the frame it is said %v", gone)
	}
	if b.regionsAgain(nil, 0, s.Frame); len(b.acting(s, b.Outline())) != 0 {
		t.Error("a record without regions leaves some switched on")
	}
}

// What stands against a fill follows the regions: a wrong one is seen at once, and no longer once it is gone.
func TestProblemsFollowTheRegions(t *testing.T) {
	b, left, _, _ := regional(t)
	b.put(flat(image.Rect(0, 0, 128, 128), color.NRGBA{90, 90, 90, 255}))
	b.maskRect(image.Rect(50, 56, 70, 76))
	before := len(b.Problems())
	q := b.request(pipeline.Inpaint, uncut(b.acting(b.Committed(), b.Outline()))...)
	if len(q.Regions) != 2 {
		t.Fatalf("the check sees %v", q.Regions)
	}
	b.ChangeRegion(left, func(r *Region) { r.Off = true })
	if b.checked != nil || len(b.Problems()) != before {
		t.Error("what was found before is remembered over a change of a region")
	}
}
