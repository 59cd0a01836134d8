package infill

import (
	"context"
	"image"
)

// ringWidth is the thickness in pixels of the rings that peel fills one after another.
const ringWidth = 3

// peel fills the hole from its border inward, ring by ring, matching each patch by its
// filled pixels alone (onion peel, Newson et al. 2014 §3.5). Unlike the smooth start it
// keeps phase and spacing of what crosses the border; like all greedy growth it can go
// astray, so its result competes with the one inherited from the coarser level.
func (l *level) peel(ctx context.Context, seed uint64) error {
	l.open, l.filled = make([]bool, len(l.state)), make([]uint8, len(l.state))
	for i, s := range l.state {
		l.open[i] = s == known
	}
	for _, a := range l.targets {
		l.match[a] = -1
	}
	deepest := 0
	for _, p := range l.todo {
		deepest = max(deepest, int(l.depth[p]))
	}
	for d := 0; d < deepest; d += ringWidth {
		if err := l.ring(ctx, d, seed); err != nil {
			return err
		}
	}
	l.guess(seed)
	l.open, l.filled = nil, nil
	return nil
}

// ring fills the pixels of depth d+1 … d+ringWidth.
func (l *level) ring(ctx context.Context, d int, seed uint64) error {
	const middle = side / 2
	all, rowAt := l.targets, l.rowAt
	defer func() { l.targets, l.rowAt = all, rowAt }()
	var some []int32
	at := make([]int32, l.h+1)
	for y := range l.h {
		at[y] = int32(len(some))
		for _, a := range all[rowAt[y]:rowAt[y+1]] {
			c := int(l.depth[int(a)+middle*l.w+middle])
			if c <= d+2 && (c > d-ringWidth || l.match[a] < 0) {
				some = append(some, a)
			}
		}
	}
	at[l.h] = int32(len(some))
	l.targets, l.rowAt = some, at
	l.countFilled(some)
	l.guess(mix(seed, uint64(d)))
	for _, a := range some {
		l.cost[a] = l.price(a, l.match[a], 1<<30, true)
	}
	for k := range 6 {
		s := search{seed: mix(seed, uint64(d), uint64(k)), radius: max(l.w, l.h), partial: true}
		if err := l.sweep(ctx, s, k%2 == 0); err != nil {
			return err
		}
	}
	if len(some) > 0 {
		if err := l.weigh(ctx, 2); err != nil {
			return err
		}
	}
	for _, p := range l.todo {
		if c := int(l.depth[p]); c > d && c <= d+ringWidth {
			l.votePixel(int(p))
		}
	}
	for _, p := range l.todo {
		if c := int(l.depth[p]); c > d && c <= d+ringWidth {
			l.open[p] = true
		}
	}
	r := l.inner
	r.Min.Y--
	return l.refresh(ctx, r)
}

// partial is distance over the filled pixels of patch a only, scaled to all 64; patches
// with fewer than an eighth filled are as far as can be. Like distance it may stop early
// with any value ≥ limit.
func (l *level) partial(a, b, limit int32) int32 {
	n := int(l.filled[a])
	if n < side {
		return 1 << 30
	}
	most := int(limit) * n / (side * side)
	sum := 0
	i, j := int(a), int(b)
	for range side {
		open, p, q := l.open[i:i+side:i+side], l.luma[i:i+side:i+side], l.luma[j:j+side:j+side]
		c, e := l.chroma[i:i+side:i+side], l.chroma[j:j+side:j+side]
		var acc int64
		for k, o := range open {
			if o {
				y := int(p[k]&laneMask) - int(q[k]&laneMask)
				sum += 3 * y * y
				d := c[k] - e[k]
				acc += d * d
			}
		}
		u, v := split(acc)
		if sum += 2*int(u) + 3*int(v); sum > most {
			break
		}
		i += l.w
		j += l.w
	}
	return int32(min(sum*side*side/n, 1<<30))
}

// countFilled counts the filled pixels of each patch listed.
func (l *level) countFilled(anchors []int32) {
	for _, a := range anchors {
		n := uint8(0)
		for r := range side {
			for _, o := range l.open[int(a)+r*l.w:][:side] {
				if o {
					n++
				}
			}
		}
		l.filled[a] = n
	}
}

// energy says how little the filled hole looks like the rest: the mean patch cost.
func (l *level) energy(ctx context.Context) (float64, error) {
	if err := l.rate(ctx); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, a := range l.targets {
		sum += float64(l.cost[a])
	}
	return sum / float64(len(l.targets)), nil
}

// draft is a completed level that can be put back.
type draft struct {
	pix    []uint64
	alpha  []uint8
	match  []int32
	energy float64
}

// keep copies the state of the level.
func (l *level) keep(energy float64) draft {
	d := draft{energy: energy, pix: append([]uint64(nil), l.pix...), match: append([]int32(nil), l.match...)}
	if l.alpha != nil {
		d.alpha = append([]uint8(nil), l.alpha...)
	}
	return d
}

// restore puts a draft back.
func (l *level) restore(ctx context.Context, d draft) error {
	copy(l.pix, d.pix)
	copy(l.alpha, d.alpha)
	copy(l.match, d.match)
	if err := l.refresh(ctx, image.Rect(0, 0, l.w, l.h)); err != nil {
		return err
	}
	return l.rate(ctx)
}
