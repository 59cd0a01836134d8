package canvas_test

import (
	"image"
	"maps"
	"math/rand/v2"
	"testing"

	"pentimento/canvas"
)

type plainGrid map[canvas.TileKey]*canvas.MaskTile

func randomKey(rng *rand.Rand) canvas.TileKey {
	return canvas.TileKey{X: int32(rng.IntN(60) - 30), Y: int32(rng.IntN(60) - 30)}
}

func TestGridIsAMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var grid canvas.Grid[canvas.MaskTile]
	plain := plainGrid{}
	for range 60 {
		before, old := grid, maps.Clone(plain)
		changed := map[canvas.TileKey]*canvas.MaskTile{}
		for range rng.IntN(40) {
			k := randomKey(rng)
			if changed[k] = nil; rng.IntN(3) > 0 {
				changed[k] = new(canvas.MaskTile)
			}
		}
		grid = grid.With(changed)
		for k, m := range changed {
			if plain[k] = m; m == nil {
				delete(plain, k)
			}
		}
		same(t, grid, plain)
		same(t, before, old)
		differ := map[canvas.TileKey]bool{}
		before.Diff(grid, func(k canvas.TileKey) {
			if differ[k] {
				t.Fatalf("Diff visits %v twice", k)
			}
			differ[k] = true
		})
		for y := int32(-31); y < 31; y++ {
			for x := int32(-31); x < 31; x++ {
				if k := (canvas.TileKey{X: x, Y: y}); differ[k] != (old[k] != plain[k]) {
					t.Fatalf("Diff says %v for %v", differ[k], k)
				}
			}
		}
	}
}

func same(t *testing.T, g canvas.Grid[canvas.MaskTile], m plainGrid) {
	t.Helper()
	if g.Len() != len(m) {
		t.Fatalf("%d tiles, want %d", g.Len(), len(m))
	}
	var bounds image.Rectangle
	for k, v := range m {
		if g.At(k) != v {
			t.Fatalf("tile %v is another", k)
		}
		bounds = bounds.Union(k.Rect())
	}
	n := 0
	g.Each(func(k canvas.TileKey, v *canvas.MaskTile) {
		if n++; m[k] != v {
			t.Fatalf("Each has another tile at %v", k)
		}
	})
	if n != len(m) || g.Bounds() != bounds {
		t.Fatalf("Each has %d tiles in %v, want %d in %v", n, g.Bounds(), len(m), bounds)
	}
}

func TestAnySeesExactlyTheTilesTouched(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 400 {
		tiles := map[canvas.TileKey]*canvas.MaskTile{}
		for range rng.IntN(12) {
			tiles[randomKey(rng)] = new(canvas.MaskTile)
		}
		g := canvas.Grid[canvas.MaskTile]{}.With(tiles)
		x, y := rng.IntN(5000)-2500, rng.IntN(5000)-2500
		r := image.Rect(x, y, x+rng.IntN(3000), y+rng.IntN(3000))
		want := false
		for k := range tiles {
			want = want || k.Rect().Overlaps(r)
		}
		if got := g.Any(r); got != want {
			t.Fatalf("Any(%v) is %v with %v", r, got, tiles)
		}
	}
}

func TestTileKeysHoldForNegativePixels(t *testing.T) {
	for _, p := range []image.Point{{0, 0}, {-1, -1}, {-64, 63}, {-65, 64}, {1 << 30, -1 << 30}} {
		if k := canvas.KeyAt(p); !p.In(k.Rect()) {
			t.Errorf("%v is not in %v of its key %v", p, k.Rect(), k)
		}
	}
	var keys []canvas.TileKey
	canvas.KeysIn(image.Rect(-65, -1, 1, 64), func(k canvas.TileKey) { keys = append(keys, k) })
	if len(keys) != 3*2 || keys[0] != (canvas.TileKey{X: -2, Y: -1}) || keys[5] != (canvas.TileKey{X: 0, Y: 0}) {
		t.Errorf("keys %v", keys)
	}
	canvas.KeysIn(image.Rectangle{}, func(k canvas.TileKey) { t.Errorf("an empty rectangle has the key %v", k) })
}
