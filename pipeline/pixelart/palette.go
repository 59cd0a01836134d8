package pixelart

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// colours are those that cells may have.
func (o Options) colours(ctx context.Context, c *cells) ([][3]uint8, error) {
	given := o.Colours
	if len(given) == 0 && o.Palette != "" {
		given = fixed[o.Palette]
	}
	if len(given) == 0 {
		return c.found(ctx, o.Count, o.Seed)
	}
	all, err := parse(given)
	if err != nil || o.Count == 0 || o.Count >= len(all) {
		return all, err
	}
	return c.most(ctx, all, o.Count)
}

// parse reads colours, "#rrggbb" or without the #.
func parse(texts []string) (out [][3]uint8, err error) {
	if len(texts) > MaxColours {
		return nil, fmt.Errorf("pixel art: a palette of %d colours, want at most %d", len(texts), MaxColours)
	}
	for _, t := range texts {
		v, err := strconv.ParseUint(strings.TrimPrefix(t, "#"), 16, 32)
		if err != nil || len(strings.TrimPrefix(t, "#")) != 6 {
			return nil, fmt.Errorf("pixel art: found the colour %q, want six digits such as 1d2b53", t)
		}
		out = append(out, [3]uint8{uint8(v >> 16), uint8(v >> 8), uint8(v)})
	}
	return out, nil
}

// most are the colours of a palette that stand nearest to most cells, in the palette's order.
func (c *cells) most(ctx context.Context, all [][3]uint8, count int) ([][3]uint8, error) {
	uses, places, labs := make([]int, len(all)), make([]int, len(all)), labsOf(all)
	for i, v := range c.colour {
		if c.there[i] {
			uses[nearest(labs, v)]++
		}
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(uses[b], uses[a]) })
	places = places[:count]
	slices.Sort(places)
	out := make([][3]uint8, count)
	for i, at := range places {
		out[i] = all[at]
	}
	return out, nil
}

func labsOf(all [][3]uint8) []lab {
	out := make([]lab, len(all))
	for i, c := range all {
		out[i] = labOfBytes(c[:])
	}
	return out
}

// nearest is the place of the colour that is nearest; of equals the first.
func nearest(all []lab, v lab) (best int) {
	least := v.from(all[0])
	for i, a := range all[1:] {
		if d := v.from(a); d < least {
			best, least = i+1, d
		}
	}
	return best
}

// mostLooked is how many cells are looked at for colours; of more, every so manieth.
const mostLooked = 1 << 15

// found are at most count colours for the cells: k-means in OKLab, begun by k-means++ (Arthur and Vassilvitskii, 2007) with a
// seed, dark before bright. Where the cells have no more colours than that, they are these.
func (c *cells) found(ctx context.Context, count int, seed int64) ([][3]uint8, error) {
	var looked []lab
	step := max(len(c.colour)/mostLooked, 1)
	for i := 0; i < len(c.colour); i += step {
		if c.there[i] {
			looked = append(looked, c.colour[i])
		}
	}
	if len(looked) == 0 {
		return [][3]uint8{{0, 0, 0}}, nil
	}
	mids := begin(looked, count, rand.New(rand.NewPCG(uint64(seed), 0x70616c65747465)))
	for range 40 {
		sums, n := make([][3]float64, len(mids)), make([]float64, len(mids))
		for i, v := range looked {
			k := nearest(mids, v)
			n[k]++
			for a := range v {
				sums[k][a] += float64(v[a])
			}
			if i%2048 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		moved := float32(0)
		for k := range mids {
			if n[k] == 0 {
				continue
			}
			was := mids[k]
			for a := range was {
				mids[k][a] = float32(sums[k][a] / n[k])
			}
			moved = max(moved, was.from(mids[k]))
		}
		if moved < 1e-8 {
			break
		}
	}
	slices.SortFunc(mids, func(a, b lab) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
	})
	var out [][3]uint8
	for _, m := range mids {
		if c := m.rgb(); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out, nil
}

// begin chooses colours of the cells, each with a chance that rises with its distance to those before it.
func begin(looked []lab, count int, rng *rand.Rand) []lab {
	mids := []lab{looked[rng.IntN(len(looked))]}
	apart := make([]float64, len(looked))
	for i, v := range looked {
		apart[i] = float64(v.from(mids[0]))
	}
	for len(mids) < count {
		sum := 0.0
		for _, d := range apart {
			sum += d
		}
		if sum <= 1e-9*float64(len(looked)) {
			break // all are there
		}
		at, left := len(looked)-1, rng.Float64()*sum
		for i, d := range apart {
			if left -= d; left < 0 {
				at = i
				break
			}
		}
		mids = append(mids, looked[at])
		for i, v := range looked {
			apart[i] = min(apart[i], float64(v.from(looked[at])))
		}
	}
	return mids
}
