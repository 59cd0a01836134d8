package cli

import (
	"path/filepath"
	"testing"
)

// An outpaint's recipe on a picture of another size gives its settings: the places of its run
// are those of the picture of then.
func TestAnOutpaintsRecipeOnAPictureOfAnotherSize(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes these fills take long: run without -short")
	}
	dir, m := t.TempDir(), tinyModel(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	save(t, path("small.png"), scene(64, 64, 3))
	save(t, path("large.png"), scene(160, 96, 4))
	for _, engine := range [][]string{{"--model", m, "--engine", "diffusion", "--prompt", "hills", "--steps", "2"}, {"--engine", "content"}} {
		if r := paint(t, append([]string{"outpaint", "--image", path("small.png"), "--right", "24", "--seed", "5", "--out", path("a.png")}, engine...)...); r.code != ExitDone {
			t.Fatal(r.errors)
		}
		r := paint(t, append([]string{"outpaint", "--recipe", path("a.png"), "--image", path("large.png"), "--out", path("b.png")}, engine[:len(engine)/3*2]...)...)
		if r.code != ExitDone {
			t.Errorf("%v: %s", engine, r.errors)
			continue
		}
		got := decoded(t, path("b.png"))
		if got.Rect.Dx() != 184 || got.Rect.Dy() != 96 {
			t.Errorf("%v: %v", engine, got.Rect)
		}
		for y := range 96 {
			for x := 160; x < 184; x++ {
				if got.NRGBAAt(x, y).A == 0 {
					t.Fatalf("%v: nothing was painted at %d,%d", engine, x, y)
				}
			}
		}
	}
}
