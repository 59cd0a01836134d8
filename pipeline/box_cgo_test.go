//go:build cgo

package pipeline

import (
	"context"
	"image"
	"slices"
	"testing"
)

// TestARefinedBoxChangesAPicture: by the network's last layer and by others, in a picture, a batch and a fill whose rest stays as it is;
// before its first step, and beyond the picture, it changes nothing.
func TestARefinedBoxChangesAPicture(t *testing.T) {
	p := native(t)
	img := noisePicture(64, 64)
	mask := disc(img.Rect, image.Pt(40, 30), 16)
	made := func(change func(*Request)) *Result {
		t.Helper()
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate, Frame: image.Rect(0, 0, 64, 64)}, Text: Text{Prompt: "a hill"},
			Sampling: Sampling{Seed: 3, Steps: 2, CFG: 4, Width: 64, Height: 64, Batch: 1, Sampler: "Euler"}, Models: Models{Model: tiny(t, "tiny15")}}
		change(&q)
		res, err := p.Run(context.Background(), q.WithDefaults(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	box := func(b BoxFields) func(*Request) {
		return func(q *Request) { q.Box = &b }
	}
	b := usualBox
	b.Place, b.From, b.Weight = "16,16,32,32", 2, 0.5
	plain, refined := made(func(*Request) {}), made(box(b))
	if slices.Equal(plain.Image.Pix, refined.Image.Pix) {
		t.Error("a box changes nothing")
	}
	late, beyond, inner := b, b, b
	late.From, beyond.Place, inner.At, inner.Layers = 3, "640,0,32,32", "resblock, s. attn.", "OUT"
	if !slices.Equal(plain.Image.Pix, made(box(late)).Image.Pix) {
		t.Error("a box acts before its first step")
	}
	if !slices.Equal(plain.Image.Pix, made(box(beyond)).Image.Pix) {
		t.Error("a box beyond the picture changes something")
	}
	twice := func(passes string) func(*Request) {
		return func(q *Request) {
			on := b
			on.Passes, on.From = passes, 1
			box(on)(q)
			q.Hires = &Hires{Scale: 1.5, Strength: 0.6}
		}
	}
	first, second := made(twice("")), made(twice(PassSecond))
	once := made(func(q *Request) { q.Hires = &Hires{Scale: 1.5, Strength: 0.6} })
	if slices.Equal(second.Image.Pix, once.Image.Pix) || slices.Equal(first.Image.Pix, second.Image.Pix) {
		t.Error("a box changes nothing in a second pass")
	}
	tiled := func(q *Request) { q.Tiled = &Tiled{Method: Mixture, Width: 6, Height: 6, Overlap: 2} }
	if slices.Equal(made(tiled).Image.Pix, made(func(q *Request) { box(b)(q); tiled(q) }).Image.Pix) {
		t.Error("a box changes nothing in tiles")
	}
	fill := made(func(q *Request) {
		box(b)(q)
		q.Task, q.Image, q.Mask, q.Inside = Inpaint, img, mask, true
	})
	for i := range mask.Pix {
		if x := i * 4; mask.Pix[i] == 0 && !slices.Equal(fill.Image.Pix[x:x+4], img.Pix[x:x+4]) {
			t.Fatal("a fill with a refined box changes pixels outside the mask")
		}
	}
	if other := made(box(inner)).Image.Pix; slices.Equal(plain.Image.Pix, other) || slices.Equal(refined.Image.Pix, other) {
		t.Error("other layers change nothing, or the same")
	}
}
