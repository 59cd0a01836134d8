package infill

import (
	"context"
	"math"
	"slices"
)

// weigh turns costs into weights of votes, exp(−d/2σ²) with σ² the 75th percentile of
// the costs (Wexler 2007 §3.2): most patches are trusted, outliers are not.
func (l *level) weigh(ctx context.Context, sharp float64) error {
	sample := make([]int32, 0, 4096)
	stride := 1 + len(l.targets)/4096
	for i := 0; i < len(l.targets); i += stride {
		sample = append(sample, l.cost[l.targets[i]])
	}
	slices.Sort(sample)
	scale := -sharp / float64(max(sample[len(sample)*3/4], 64))
	return chunks(ctx, len(l.targets), 8192, func(from, to int) {
		for _, a := range l.targets[from:to] {
			l.weight[a] = uint8(1 + 126*math.Exp(scale*float64(l.cost[a])))
		}
	})
}

// vote gives every pixel to be filled the weighed mean of what the patches over it
// propose, and refreshes what the distance reads.
func (l *level) vote(ctx context.Context) error {
	err := chunks(ctx, len(l.todo), 1024, func(from, to int) {
		for _, p := range l.todo[from:to] {
			l.votePixel(int(p))
		}
	})
	if err != nil {
		return err
	}
	r := l.inner
	r.Min.Y-- // words hold the row below
	return l.refresh(ctx, r)
}

// votePixel sets one pixel. 64 votes of weight ≤ 127 and value ≤ 255 fit a lane.
func (l *level) votePixel(p int) {
	var sum, total, alpha uint64
	for dy := range side {
		row := p - dy*l.w
		down := int32(dy * l.w)
		for dx := range side {
			a := row - dx
			m := l.match[a]
			if m < 0 {
				continue
			}
			w := uint64(l.weight[a])
			s := m + down + int32(dx)
			sum += w * l.pix[s]
			total += w
			if l.alpha != nil {
				alpha += w * uint64(l.alpha[s])
			}
		}
	}
	r, g, b := unpack(sum)
	half := total / 2
	l.pix[p] = pack((r+half)/total, (g+half)/total, (b+half)/total)
	if l.alpha != nil {
		l.alpha[p] = uint8((alpha + half) / total)
	}
}
