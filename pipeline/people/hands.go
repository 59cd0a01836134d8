package people

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"pentimento/pipeline/preprocess"
)

// Hand is a hand that was found, wherever in the picture.
type Hand struct {
	Score  float64 // 0 to 1
	Points []Place // MediaPipe's 21: the wrist, and four of each finger from the thumb on
}

// mostHands are looked at.
const mostHands = 24

// Hands finds hands by their palms, the surest first; none is no error. Those below a score of least, 0 to 1, are
// left out. Unlike Find it needs no body to be seen.
func Hands(ctx context.Context, p preprocess.Picture, least float64, eval Eval) ([]Hand, error) {
	if p.Channels != 3 || len(p.Pix) != 3*p.W*p.H || p.W < 1 || p.H < 1 {
		return nil, fmt.Errorf("hands: found a picture of %d × %d pixels and %d channels, want three channels", p.W, p.H, p.Channels)
	}
	f := finder{p, eval}
	palms, err := f.palms(ctx, least)
	if err != nil {
		return nil, fmt.Errorf("hands: %w", err)
	}
	var out []Hand
	for _, r := range palms[:min(len(palms), mostHands)] {
		one, err := f.handAt(ctx, r, least)
		if err != nil {
			return nil, fmt.Errorf("hands: %w", err)
		}
		if one.Points != nil && !slices.ContainsFunc(out, one.same) {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b Hand) int { return cmp.Compare(b.Score, a.Score) })
	return out, nil
}

// palms are the regions in which hands are looked for, the surest first.
func (f finder) palms(ctx context.Context, least float64) (out []region, err error) {
	type candidate struct {
		region
		score float64
	}
	var found []candidate
	for _, view := range append(f.views(), f.closer()...) {
		outs, err := f.look(ctx, preprocess.PalmDetector, palmSide, view, 0, 18*len(palmAnchors), len(palmAnchors))
		if err != nil {
			return nil, err
		}
		for _, d := range suppress(decode(outs[0], outs[1], palmAnchors, palmSide, min(least, sure))) {
			if d.score >= least {
				found = append(found, candidate{d.box(view).facing(view.out(d.points[0]), view.out(d.points[2])).shifted(-0.5).grown(2.6), d.score})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	for _, c := range found {
		if !slices.ContainsFunc(out, c.like) {
			out = append(out, c.region)
		}
	}
	return out, nil
}

// handAt looks at a region twice; no points where there is no hand.
func (f finder) handAt(ctx context.Context, r region, least float64) (out Hand, err error) {
	var hand []landmark
	for range 2 {
		outs, err := f.look(ctx, preprocess.HandLandmarks, handSide, r, 0, 63, 1)
		if err != nil || float64(outs[1][0]) < max(least, 0.3) {
			return Hand{}, err
		}
		hand, out.Score = r.all(outs[0], 21, handSide), float64(outs[1][0])
		r = aroundHand(hand)
	}
	for _, l := range hand {
		out.Points = append(out.Points, Place{l.x, l.y})
	}
	return out, nil
}

// same says whether two hands are one: their places lie on each other on the mean.
func (h Hand) same(o Hand) bool {
	sum, long := 0.0, math.Hypot(h.Points[0].X-h.Points[9].X, h.Points[0].Y-h.Points[9].Y)
	for i, p := range h.Points {
		sum += math.Hypot(p.X-o.Points[i].X, p.Y-o.Points[i].Y)
	}
	return sum < 21*0.5*long
}
