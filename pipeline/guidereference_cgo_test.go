//go:build cgo

package pipeline

import (
	"context"
	"encoding/json"
	"image"
	"slices"
	"strings"
	"testing"
)

// lending is a request for a fill of a disc in a picture, and a reference.
func lending(t *testing.T, model string) (Request, Guide) {
	img := noisePicture(96, 64)
	q := drawn(t, model, 4)
	q.Task, q.Image, q.Mask, q.Frame = Inpaint, img, disc(img.Rect, image.Pt(60, 30), 16), image.Rectangle{}
	q.Infill, q.Prompt, q.Negative, q.Seed = InfillEdge, "a barn", "fog", 3
	return q, Guide{Kind: GuideReference, Name: "sky", Weight: 1, End: 1, Image: noisePicture(50, 90)}
}

// Every way to make a picture follows a reference: it is another one than without, nothing outside
// the mask changes, and the record makes it again, bit for bit.
func TestRunsFollowAReference(t *testing.T) {
	for _, name := range []string{"tiny15", "tiny15-inpaint", "tinyxl"} {
		if testing.Short() && name != "tiny15" {
			continue
		}
		p := native(t)
		base, sky := lending(t, name)
		run := func(what string, change func(q *Request)) *Result {
			t.Helper()
			q := base.Clone()
			change(&q)
			res, err := p.Run(context.Background(), q, nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			if q.Task == Inpaint {
				for _, made := range res.Images {
					sameWhere(t, name+", "+what, q.Image, made, res.Mask)
				}
			}
			return res
		}
		with := func(q *Request) { q.Guides = []Guide{sky} }
		plain, one := run("plain", func(*Request) {}), run("with a reference", with)
		if slices.Equal(plain.Image.Pix, one.Image.Pix) {
			t.Errorf("%s: the same picture with a reference as without", name)
		}
		if g := one.Request.Guides[0]; g.Preprocessor != ReferenceOnly || g.Fidelity != 0.5 || sky.Preprocessor != "" {
			t.Errorf("%s: the request that ran says %q, %g", name, g.Preprocessor, g.Fidelity)
		}
		for what, none := range map[string]Guide{"weight 0": {Weight: 0, End: 1}, "after the last step": {Weight: 1, Start: 0.9, End: 1}} {
			none.Kind, none.Image = GuideReference, sky.Image
			if got := run(what, func(q *Request) { q.Guides = []Guide{none} }); !slices.Equal(got.Image.Pix, plain.Image.Pix) {
				t.Errorf("%s: %s: another picture than without", name, what)
			}
		}
		if again := replayed(t, p, base, one); !slices.Equal(again.Image.Pix, one.Image.Pix) {
			t.Errorf("%s: made again by its record it is another picture", name)
		}
		before := *one // a record of the time when no engine read references
		before.Request = one.Request.Clone()
		before.Request.Guides[0].Preprocessor, before.Request.Guides[0].Fidelity = "", 0
		if again := replayed(t, p, base, &before); !slices.Equal(again.Image.Pix, plain.Image.Pix) {
			t.Errorf("%s: a record that knew no references makes another picture than it did", name)
		}
		if two := run("two at once", func(q *Request) { with(q); q.Batch, q.BatchSize = 2, 2 }); !near(one.Image.Pix, two.Images[0].Pix, 2) {
			t.Errorf("%s: a picture of two is another than by itself", name)
		}
		if testing.Short() || name != "tiny15" { // what follows knows no model
			continue
		}
		for what, change := range map[string]func(q *Request){
			"low memory": func(q *Request) { q.LowMemory = true },
			"in parts":   func(q *Request) { q.Memory = 0.03 },
			"DeepCache":  func(q *Request) { q.DeepCache = 2 },
		} {
			if got := run(what, func(q *Request) { with(q); change(q) }); !near(got.Image.Pix, one.Image.Pix, 2) {
				t.Errorf("%s: %s: another picture", name, what)
			}
		}
		both := Guide{Kind: GuideReference, Preprocessor: ReferenceBoth, Fidelity: 1, Weight: 0.6, End: 0.5, Image: sky.Image, Crop: image.Rect(5, 5, 40, 40)}
		for what, change := range map[string]func(q *Request){
			"two references": func(q *Request) { q.Guides = []Guide{sky, both} },
			"what is under the frame": func(q *Request) {
				q.Guides = []Guide{{Kind: GuideReference, Preprocessor: ReferenceAdaIN, Placed: true, Weight: 1, End: 1}}
			},
			"all guidance": func(q *Request) {
				with(q)
				q.Perturbed, q.Self, q.FreeU = 2, &SelfFields{0.5, 2, 1}, &FreeUFields{2, 1.2, 1.3, 0.9, 0.4}
				q.Shrink = &ShrinkFields{2, 2, 0, 0.5, true, "bicubic", "bicubic"}
			},
			"refine":   func(q *Request) { with(q); q.Task, q.Mask, q.Strength = Refine, nil, 0.6 },
			"generate": func(q *Request) { with(q); q.Task, q.Mask, q.Image = Generate, nil, nil },
			"hires":    func(q *Request) { with(q); q.Task, q.Mask, q.Image, q.Hires = Generate, nil, nil, &Hires{Scale: 1.5} },
			"faster":   func(q *Request) { with(q); q.Faster, q.Steps = true, 8 },
			"in tiles": func(q *Request) {
				q.Tiled = &Tiled{Method: Mixture, Width: 6, Height: 6, Overlap: 2}
				q.Guides = []Guide{sky, {Kind: GuideReference, Preprocessor: ReferenceAdaIN, Placed: true, Weight: 1, End: 1}}
			},
			"filled": func(q *Request) { g := sky; g.Resize, g.Mode = ResizeFill, ModePrompt; q.Guides = []Guide{g} },
			"variation": func(q *Request) {
				with(q)
				q.VariationSeed, q.VariationStrength = 4, 0.3
			},
		} {
			got := run(what, change)
			without := run(what+" without", func(q *Request) { change(q); q.Guides = nil })
			if slices.Equal(got.Image.Pix, without.Image.Pix) {
				t.Errorf("%s: %s: the same picture with a reference as without", name, what)
			}
		}
	}
}

// replayed is what the record of a result makes again, with the pictures of its request.
func replayed(t *testing.T, p *Pipeline, from Request, res *Result) *Result {
	t.Helper()
	written, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadReplay(written)
	if err != nil {
		t.Fatal(err)
	}
	q := r.Request
	q.Model, q.Image, q.Mask = from.Model, from.Image, from.Mask
	for i := range q.Guides {
		q.Guides[i].Image = res.Request.Guides[i].Image
	}
	again, err := p.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// What a reference cannot be is said before any work, and names the guide.
func TestReferencesThatCannotBeAreRefused(t *testing.T) {
	p := native(t)
	q, sky := lending(t, "tiny15")
	for words, change := range map[string]func(g *Guide){
		`its module is "depth"`: func(g *Guide) { g.Preprocessor = "depth" },
		"its weight is 3":       func(g *Guide) { g.Weight = 3 },
		"its fidelity is 2":     func(g *Guide) { g.Preprocessor, g.Fidelity = ReferenceOnly, 2 },
		`its mode is "x"`:       func(g *Guide) { g.Mode = "x" },
		`it is resized by "x"`:  func(g *Guide) { g.Resize = "x" },
		"it has a mask":         func(g *Guide) { g.Mask = image.NewAlpha(image.Rect(0, 0, 4, 4)) },
		"it has no picture":     func(g *Guide) { g.Image = nil },
		"from 0.5 to 0.2":       func(g *Guide) { g.Start, g.End = 0.5, 0.2 },
	} {
		g := sky
		change(&g)
		q.Guides = []Guide{g}
		res, err := p.Run(context.Background(), q, nil)
		if err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "sky") {
			t.Errorf("%s: %v, %v", words, res != nil, err)
		}
		if all := p.Check(q); !slices.ContainsFunc(all, func(p Problem) bool { return p.Blocks && strings.Contains(p.Text, words) }) {
			t.Errorf("%s: the check says %v", words, all)
		}
	}
}

// A picture is brought to the shape of a run with its middle kept, whole, or stretched.
func TestAReferenceIsBroughtToTheShapeOfTheRun(t *testing.T) {
	r := &run{}
	g := Guide{Image: noisePicture(40, 30), Crop: image.Rect(10, 10, 30, 20)}
	for how, want := range map[string]image.Rectangle{"": image.Rect(15, 10, 25, 20), ResizeCrop: image.Rect(15, 10, 25, 20), ResizeFill: image.Rect(10, 5, 30, 25), ResizeStretch: image.Rect(10, 10, 30, 20)} {
		g.Resize = how
		got, err := r.lent(context.Background(), g, work{size: image.Pt(64, 64)})
		if err != nil || got.Rect != want {
			t.Errorf("%q: %v, want %v (%v)", how, got.Rect, want, err)
		}
	}
}
