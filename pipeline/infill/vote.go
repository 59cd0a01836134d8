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

// predict is what the target patches over a known pixel propose for it, ok when at least
// a quarter of the patches over it are targets.
func (l *level) predict(p int) (cell, bool) {
	var sum, n uint64
	for dy := range side {
		for dx := range side {
			if a := p - dy*l.w - dx; a >= 0 && l.match[a] >= 0 {
				sum += l.pix[int(l.match[a])+dy*l.w+dx]
				n++
			}
		}
	}
	if n < side*side/4 {
		return cell{}, false
	}
	r, g, b := unpack(sum)
	k := 1 / float32(n)
	return cell{float32(r) * k, float32(g) * k, float32(b) * k, 255, 1}, true
}

// votePixel sets one pixel. 64 votes of weight ≤ 127 and value ≤ 255 fit a lane.
func (l *level) votePixel(p int) {
	var sum, total, alpha uint64
	const middle = side / 2
	own := int(l.depth[p]) - side
	for dy := range side {
		row := p - dy*l.w
		down := int32(dy * l.w)
		for dx := range side {
			a := row - dx
			m := l.match[a]
			if m < 0 {
				continue
			}
			w := uint64(l.weight[a])*trust[(int(l.depth[a+middle*l.w+middle])-own)&(2*side-1)]>>8 | 1
			s := m + down + int32(dx)
			sum += w * l.pix[s]
			total += w
			if l.alpha != nil {
				alpha += w * uint64(l.alpha[s])
			}
		}
	}
	if total == 0 {
		return
	}
	r, g, b := unpack(sum)
	half := total / 2
	l.pix[p] = pack((r+half)/total, (g+half)/total, (b+half)/total)
	if l.alpha != nil {
		l.alpha[p] = uint8((alpha + half) / total)
	}
}

// trust weighs a vote by how much deeper in the hole its patch is than the pixel (−8 …
// 7 pixels): 1.3^−depth, so that what is known spreads inward (Wexler 2007 §3.2).
var trust = func() (t [2 * side]uint64) {
	for i := range t {
		t[i] = uint64(math.Round(256 * math.Pow(1.3, -float64(i))))
	}
	return t
}()
