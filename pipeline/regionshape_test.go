package pipeline

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	"pentimento/pipeline/metadata"
)

// softDisc is a soft round mask.
func softDisc(r image.Rectangle, x, y, radius float64) *image.Alpha {
	m := image.NewAlpha(r)
	for py := r.Min.Y; py < r.Max.Y; py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			v := radius - math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			m.SetAlpha(px, py, color.Alpha{uint8(255*min(max(v+0.5, 0), 1) + 0.5)})
		}
	}
	return m
}

// A painted region comes back from the record of a run, and from a picture's recipe, where it was: as much
// of each cell of the latent is covered, within the steps that a record has.
func TestAPaintedRegionComesBackFromARecord(t *testing.T) {
	frame := image.Rect(-64, 32, 448, 544)
	for name, painted := range map[string]*image.Alpha{
		"disc":              softDisc(frame.Inset(-20), 200, 250, 130),
		"half beyond":       softDisc(frame.Inset(-200), -70, 250, 130),
		"a read part of it": softDisc(image.Rect(100, 100, 400, 400), 200, 250, 90),
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: frame}, Text: Text{Prompt: "a meadow"}}
		q.Regions = []Region{{Name: "sun", Prompt: "a sun", Weight: 1, Mask: painted}}
		rec := q.Record(frame, time.Now())
		replay := (&Result{Request: q, Image: image.NewNRGBA(frame)}).Replay()
		recalled, _, _ := RegionsOf(&metadata.Recipe{Prompt: rec.Prompt, Params: rec.Params})
		for from, back := range map[string][]Region{"recipe": recalled, "replay": replay.Request.Regions} {
			if len(back) != 1 {
				t.Fatalf("%s: of the %s came back %+v", name, from, back)
			}
			back[0].Mask = nil
			want := Region{Mask: painted}.cells(frame, image.Pt(64, 64))
			got := back[0].in(frame).cells(frame, image.Pt(64, 64))
			worst, sum := 0.0, 0.0
			for i, v := range got.Data {
				d := math.Abs(float64(v - want.Data[i]))
				worst, sum = max(worst, d), sum+d
			}
			if mean := sum / float64(len(got.Data)); worst > 0.4 || mean > 0.01 {
				t.Errorf("%s, %s: a cell is off by %.3f, all by %.4f; want 0.4 and 0.01", name, from, worst, mean)
			}
			if n := len(back[0].Shape); n > 1200 {
				t.Errorf("%s: the shape takes %d letters", name, n)
			}
		}
	}
}

// What is all covered needs no shape, and what is no shape is a box.
func TestAShapeOfAnybody(t *testing.T) {
	frame := image.Rect(0, 0, 64, 48)
	full := Region{Mask: image.NewAlpha(frame)}
	for i := range full.Mask.Pix {
		full.Mask.Pix[i] = 255
	}
	if r := full.Recorded(frame); r.Shape != nil || r.Box != [4]float64{0, 0, 1, 1} {
		t.Errorf("a full region is recorded as %+v", r)
	}
	for _, text := range []string{"x", "\x00\x00\x00\x00", "\x40\x40", strings.Repeat("~", 400)} {
		r := Region{Box: [4]float64{0.25, 0.25, 0.5, 0.5}, Shape: []byte(text)}
		if m := r.Area(frame); m.AlphaAt(32, 24).A != 255 || m.AlphaAt(2, 2).A != 0 {
			t.Errorf("shape %q: not the box", text)
		}
	}
	for _, box := range [][4]float64{{math.NaN(), 0, 1, 1}, {0, 0, 1e300, 1}, {-1, 0, 1, 1}} {
		for i, v := range (Region{Box: box}).Area(frame).Pix {
			if v != 0 {
				t.Fatalf("box %v: pixel %d is covered", box, i)
			}
		}
	}
}
