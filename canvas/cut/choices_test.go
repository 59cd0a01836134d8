package cut

import (
	"context"
	"image"
	"testing"

	"pentimento/canvas"
)

// TestChoicesGoFromSmallToLarge: all hold the click, the one that Select takes is among them, no two are
// alike, and the rough one of a picture that was reduced lies where the exact one does.
func TestChoicesGoFromSmallToLarge(t *testing.T) {
	ctx := context.Background()
	img := painted(1000, 800, image.Pt(-300, 50), thing{500, 400, 250, [3]float64{190, 50, 40}}, thing{450, 380, 90, [3]float64{40, 160, 60}})
	s := opened(t, img)
	if s.halvings == 0 {
		t.Fatal("the picture was not reduced")
	}
	click := image.Pt(450, 380).Add(img.Rect.Min)
	seeds := Seeds{In: []image.Point{click}, Edges: 0.5}
	c, err := s.Choices(ctx, seeds)
	if err != nil || c.Len() < 2 || c.Best < 0 || c.Best >= c.Len() {
		t.Fatalf("%+v, %v", c, err)
	}
	area := func(g canvas.Grid[canvas.MaskTile]) (n int) {
		for _, v := range canvas.CoverImage(g, img.Rect).Pix {
			n += int(v) / 128
		}
		return n
	}
	want, last := area(clicked(t, s, seeds)), 0
	for i := range c.Len() {
		g, err := c.Cover(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		n := area(g)
		if n < last && n > 4000 || canvas.CoverImage(g, image.Rectangle{click, click.Add(image.Pt(1, 1))}).Pix[0] < 128 {
			t.Errorf("thing %d has %d pixels, the one before %d", i, n, last)
		}
		if last = n; i == c.Best && n != want {
			t.Errorf("the best has %d pixels, Select takes %d", n, want)
		}
		m, step, err := c.Rough(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		rough := 0
		for _, v := range m.Pix {
			rough += int(v) / 128 * step * step
		}
		if d := float64(rough-n) / float64(n); n < 4000 { // of grain, which has no border
			continue
		} else if d > 0.05 || d < -0.05 || !canvas.CoverUsed(g).Inset(2*step).In(image.Rectangle{m.Rect.Min.Mul(step), m.Rect.Max.Mul(step)}) {
			t.Errorf("roughly thing %d has %d pixels in %v (step %d), exactly %d in %v", i, rough, m.Rect, step, n, canvas.CoverUsed(g))
		}
	}
	if g, err := c.Cover(ctx, c.Len()); err != nil || g.Len() > 0 {
		t.Error("there is one beyond the last")
	}
	if c, err := s.Choices(ctx, Seeds{In: []image.Point{{5000, 0}}}); err != nil || c.Len() != 0 {
		t.Errorf("a click beside the picture means %v, %v", c, err)
	}
}
