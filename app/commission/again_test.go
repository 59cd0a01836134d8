package commission

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixels"
)

// TestAgainMakesTheSamePixels from nothing but the picture before and what the picture
// after says, on a canvas that lies elsewhere by now.
func TestAgainMakesTheSamePixels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	p, model := painter(t)
	before := noise(rng, image.Rect(0, 0, 80, 70))
	mask := image.NewAlpha(before.Rect)
	pixels.Fill(mask, image.Rect(50, 40, 65, 58), 255)
	for _, engine := range engines {
		q := asked(rng, engine, pipeline.Inpaint, model)
		q.Batch = min(q.Batch, 1)
		o, err := Fill(pixels.Crop(before, before.Rect), mask, q)
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := o.Run(context.Background(), p, nil)
		if err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		pieces[0].Lay()
		texts := pieces[0].Describe("Pentimento 9", "0a1b2c", time.Unix(1e9, 0))
		fill := History(texts, before.Rect.Size()).Fills[0]
		if fill.Engine != string(engine) || fill.ModelHash != "0a1b2c" || fill.Rect.Rectangle() != pieces[0].Rect {
			t.Fatalf("%s: described as %+v", engine, fill)
		}
		moved := image.Pt(13, -5) // the file's pixels begin elsewhere than the canvas' of then
		fill = moveRun(t, fill, moved)
		o2, err := Again(pixels.Crop(before, before.Rect), mask, fill)
		if err != nil {
			t.Fatal(err)
		}
		o2.Request.Model = q.Model
		again, err := o2.Run(context.Background(), runs(func(q pipeline.Request) (*pipeline.Result, error) {
			return back(t, p, q, moved)
		}), nil)
		if err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		again[0].Lay()
		if !bytes.Equal(o2.Picture.Pix, o.Picture.Pix) || again[0].Rect != pieces[0].Rect {
			t.Errorf("%s: made again it is another picture, or lies at %v, want %v", engine, again[0].Rect, pieces[0].Rect)
		}
		if f := again[0].Account("", time.Now()); f.Read != fill.Read || f.Rect != metadata.RectOf(pieces[0].Rect) {
			t.Errorf("%s: made again it was read at %v and laid at %v, want %v and %v", engine, f.Read, f.Rect, fill.Read, pieces[0].Rect)
		}
	}
	if _, err := Again(before, mask, metadata.Fill{}); err == nil {
		t.Error("a fill that does not say how it ran is no error")
	}
}

// moveRun is an account whose run happened elsewhere on its canvas than in the file.
func moveRun(t *testing.T, f metadata.Fill, by image.Point) metadata.Fill {
	t.Helper()
	r, err := pipeline.ReadReplay(f.Run)
	if err == nil {
		r.Read, r.Request.Frame = r.Read.Add(by), r.Request.Frame.Add(by)
		f.Run, err = json.Marshal(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// back runs a request where it first ran, for random choices follow from the place, and
// returns the result where it was asked for.
func back(t *testing.T, p *pipeline.Pipeline, q pipeline.Request, by image.Point) (*pipeline.Result, error) {
	t.Helper()
	img, mask := *q.Image, *q.Mask
	img.Rect, mask.Rect, q.Frame = img.Rect.Sub(by), mask.Rect.Sub(by), q.Frame.Sub(by)
	q.Image, q.Mask = &img, &mask
	res, err := p.Run(context.Background(), q, nil)
	if err == nil {
		res.Image.Rect, res.Mask.Rect = res.Image.Rect.Add(by), res.Mask.Rect.Add(by)
	}
	return res, err
}

// TestDescribeKeepsWhatThePictureBroughtAlong: a foreign recipe stays the origin, earlier
// fills move with the picture.
func TestDescribeKeepsWhatThePictureBroughtAlong(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	img := noise(rng, image.Rect(0, 0, 30, 30))
	const recipe = "barn\nSteps: 5, Sampler: Euler, Seed: 1, Size: 64x64"
	texts := []file.Text{{Key: "parameters", Text: recipe}}
	for i, at := range []image.Point{{}, {4, 3}} {
		o, err := Outpaint(img, img.Rect.Size().Add(image.Pt(6, 6)), at, asked(rng, pipeline.Neutral, pipeline.Outpaint, ""))
		if err != nil {
			t.Fatal(err)
		}
		o.Texts = texts
		pieces, err := o.Run(context.Background(), pipeline.New(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		pieces[0].Lay()
		texts, img = pieces[0].Describe("Pentimento 9", "", time.Now()), o.Picture
		d := History(texts, img.Rect.Size())
		if d.Origin != recipe || len(d.Fills) != i+1 || d.Width != img.Rect.Dx() {
			t.Fatalf("after %d: %+v", i, d)
		}
	}
	first := History(texts, image.Point{}).Fills[0]
	if first.Rect.X != 4 || first.Rect.Y != 3 {
		t.Errorf("the first fill lies at %+v, want where the picture moved it", first.Rect)
	}
	if keys := slices.Collect(func(yield func(string) bool) {
		for _, x := range texts {
			yield(x.Key)
		}
	}); !slices.Contains(keys, "parameters") || !slices.Contains(keys, "pentimento") {
		t.Errorf("the texts are %v", keys)
	}
}
