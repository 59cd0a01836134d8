package main

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/app/fetch"
)

// allUpscalers is the variable of the environment that asks for all of them.
const allUpscalers = "PENTIMENTO_UPSCALERS"

// TestTheSmallestUpscalerEnlargesAPhotograph: the network of the archive of 1 MB, fetched by the verb itself.
func TestTheSmallestUpscalerEnlargesAPhotograph(t *testing.T) {
	enlargeBy(t, func(f fetch.Form) bool { return f.Name == "esrgan-slim-x2" })
}

// TestEveryUpscalerEnlargesAPhotograph: so do all others that can be fetched.
func TestEveryUpscalerEnlargesAPhotograph(t *testing.T) {
	if os.Getenv(allUpscalers) == "" {
		t.Skipf("the other upscalers lie in 360 MB of packages; set %s=1 to fetch them and enlarge a photograph by each, in a minute or two", allUpscalers)
	}
	enlargeBy(t, func(fetch.Form) bool { return true })
}

// enlargeBy enlarges a piece of a photograph by networks. What each makes, made small again, is the photograph, also along its borders.
func enlargeBy(t *testing.T, wanted func(fetch.Form) bool) {
	var forms []fetch.Form
	for _, u := range fetch.Upscalers {
		forms = append(forms, slices.DeleteFunc(u.Forms(), func(f fetch.Form) bool { return !wanted(f) })...)
	}
	var rows []fetch.Network
	for _, n := range fetch.Networks {
		if slices.ContainsFunc(forms, func(f fetch.Form) bool { return slices.Contains(f.Files, n.Name) }) {
			rows = append(rows, n)
		}
	}
	dir := t.TempDir()
	run := withNetworks(t, dir, rows)
	all := loaded(t, filepath.Join("cli", "testdata", "astronaut.jpg"))
	piece := image.NewNRGBA(image.Rect(0, 0, 61, 50)) // no multiple of anything
	draw.Draw(piece, piece.Rect, all, image.Pt(134, 48), draw.Src)
	in := saved(t, dir, "piece.png", piece)
	for _, f := range forms {
		out := filepath.Join(dir, f.Name+".png")
		run("upscale", in, out, "--by", fmt.Sprint(f.Times), "--model", f.Name, "--fetch")
		whole, border := shrunkError(t, loaded(t, out), piece, f.Times)
		t.Logf("%s: %.1f of 255 from the photograph, %.1f along the borders", f.Name, whole, border)
		if whole > 12 || border > 14 {
			t.Errorf("%s: what it makes is %.1f of 255 from the photograph, %.1f along the borders", f.Name, whole, border)
		}
	}
}

// shrunkError is how far a picture whose pixels are averaged in squares is from another, root mean square, of 255: all
// of it, and its outermost pixels.
func shrunkError(t *testing.T, large, small *image.NRGBA, times int) (whole, border float64) {
	t.Helper()
	if want := small.Rect.Size().Mul(times); large.Rect.Size() != want {
		t.Fatalf("made %v, want %v", large.Rect.Size(), want)
	}
	var n, edges float64
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			for c := range 3 {
				sum := 0
				for i := range times * times {
					sum += int(large.Pix[large.PixOffset(x*times+i%times, y*times+i/times)+c])
				}
				d := float64(sum)/float64(times*times) - float64(small.Pix[small.PixOffset(x, y)+c])
				whole, n = whole+d*d, n+1
				if x == 0 || y == 0 || x == small.Rect.Dx()-1 || y == small.Rect.Dy()-1 {
					border, edges = border+d*d, edges+1
				}
			}
		}
	}
	return math.Sqrt(whole / n), math.Sqrt(border / edges)
}
