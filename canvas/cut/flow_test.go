package cut

import (
	"testing"

	"pentimento/canvas/canvastest"
)

// TestTheCutIsTheCheapest: no other division of small random graphs costs less.
func TestTheCutIsTheCheapest(t *testing.T) {
	rng := canvastest.Chance(t)
	for range 400 {
		n := 2 + rng.IntN(9)
		g := newFlow(n, 3*n)
		lean := make([]int32, n)
		for i := range lean {
			lean[i] = int32(rng.IntN(41) - 20)
			g.lean(i, lean[i])
		}
		type side struct {
			a, b int
			cost int32
		}
		var sides []side
		for range 3 * n {
			if a, b := rng.IntN(n), rng.IntN(n); a != b {
				sides = append(sides, side{a, b, int32(rng.IntN(15))})
				g.join(a, b, sides[len(sides)-1].cost)
			}
		}
		cost := func(in func(int) bool) (sum int32) {
			for i, l := range lean {
				if in(i) == (l < 0) {
					sum += max(l, -l)
				}
			}
			for _, s := range sides {
				if in(s.a) != in(s.b) {
					sum += s.cost
				}
			}
			return sum
		}
		g.solve(func() bool { return false })
		got, least := cost(g.inside), int32(1<<30)
		for set := range 1 << n {
			least = min(least, cost(func(i int) bool { return set>>i&1 != 0 }))
		}
		if got != least {
			t.Fatalf("a cut of %d nodes costs %d, want %d", n, got, least)
		}
	}
}
