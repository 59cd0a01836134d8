package cut

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"pentimento/canvas"
)

// Choices are the things that a click may mean, small ones first: an eye, a head, a cat. Any number of
// goroutines may use them at once.
type Choices struct {
	Best int // the one that Select takes

	scene *Scene
	seeds Seeds
	in    [][]bool // by superpixel
}

// same is from which share of what either of two has, that both have, they are taken for one.
const same = 0.93

// speck is how many pixels that are divided a thing has at least: of less the border's cut leaves but the click.
const speck = 4 * broad * broad

// faint is how strong the outline of a thing must be: below it is none.
const faint = 0.1

// Choices finds what may be meant by seeds; none where nothing of them is in the Scene. It ends early with ctx.Err().
func (s *Scene) Choices(ctx context.Context, seeds Seeds) (*Choices, error) {
	c := &Choices{scene: s, seeds: seeds}
	k := s.know(seeds)
	if len(k.in) == 0 && k.boxed == nil {
		return c, nil
	}
	all, best := s.weighed(ctx, k)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type sized struct {
		in          []bool
		area, score float32
	}
	var found []sized
	for i, g := range all {
		if i == best {
			g.score = math.MaxFloat32
		}
		if area := s.areaOf(g.in); i == best || g.score > worthless && g.outline > faint && area >= speck && s.changes(g.in, k) {
			found = append(found, sized{g.in, area, g.score})
		}
	}
	// What looks most like a thing stands for those like it.
	slices.SortStableFunc(found, func(a, b sized) int { return cmp.Compare(b.score, a.score) })
	var kept []sized
	for _, g := range found {
		if !slices.ContainsFunc(kept, func(o sized) bool { return s.shared(g.in, o.in) > same }) {
			kept = append(kept, g)
		}
	}
	slices.SortStableFunc(kept, func(a, b sized) int { return cmp.Compare(a.area, b.area) })
	for i, g := range kept {
		c.in = append(c.in, g.in)
		if g.score == math.MaxFloat32 {
			c.Best = i
		}
	}
	return c, nil
}

// Len is how many there are.
func (c *Choices) Len() int { return len(c.in) }

// Cover is the coverage of one of them; empty where there is none such. It ends early with ctx.Err().
func (c *Choices) Cover(ctx context.Context, i int) (canvas.Grid[canvas.MaskTile], error) {
	if i < 0 || i >= len(c.in) {
		return canvas.Grid[canvas.MaskTile]{}, nil
	}
	return c.scene.refine(ctx, c.in[i], c.seeds)
}

// Rough is the coverage of one of them without the last pixel of its border: of at most 400,000 pixels,
// each of which stands for Step by Step pixels of the document; its bounds times Step are document
// pixels. Empty where there is none such. It ends early with ctx.Err().
func (c *Choices) Rough(ctx context.Context, i int) (m *image.Alpha, step int, err error) {
	step = 1 << c.scene.halvings
	if i < 0 || i >= len(c.in) {
		return image.NewAlpha(image.Rectangle{}), step, nil
	}
	s := c.scene
	sh := s.coarse(c.in[i])
	sh.band(broad)
	sh.hold(c.seeds, s.halvings)
	s.settleBand(ctx, sh, s.halvings, s.local(c.in[i]))
	if len(c.seeds.In) > 0 {
		on := make([]image.Point, len(c.seeds.In))
		for i, p := range c.seeds.In {
			on[i] = image.Pt(p.X>>s.halvings, p.Y>>s.halvings)
		}
		sh.only(on)
	}
	return sh.soft(), step, ctx.Err()
}

// PatchAt tells clicks apart: two pixels of one patch mean the same. -1 outside the Scene.
func (s *Scene) PatchAt(p image.Point) int { return int(s.patchAt(p)) }

func (s *Scene) areaOf(in []bool) (sum float32) {
	for i, v := range in {
		if v {
			sum += s.leaves[i].area
		}
	}
	return sum
}

// shared is how much of what is in either of two is in both, by area.
func (s *Scene) shared(a, b []bool) float32 {
	var both, any float32
	for i := range a {
		if a[i] || b[i] {
			any += s.leaves[i].area
			if a[i] && b[i] {
				both += s.leaves[i].area
			}
		}
	}
	return both / max(any, 1)
}
