package upscaler

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/tensor"
)

// doubling is a network that repeats each pixel scale × scale times, and how often it ran.
func doubling(t *testing.T, scale int, slow time.Duration) (*Network, *pipelinetest.Runtime) {
	t.Helper()
	rt := &pipelinetest.Runtime{Eval: func(ctx context.Context, _ *graph.Graph, in map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(slow):
		}
		x := in["x"]
		h, w := x.Shape[2], x.Shape[3]
		out := tensor.New(1, 3, h*scale, w*scale)
		for i := range out.Data {
			c, y, at := i/(h*w*scale*scale), i/(w*scale)%(h*scale), i%(w*scale)
			out.Data[i] = x.Data[(c*h+y/scale)*w+at/scale]
		}
		return map[string]*tensor.Tensor{"out": out}, nil
	}}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	items := []pipelinetest.Item{
		pipelinetest.NewItem("body.0.weight", "F32", make([]float32, 8*27), 8, 3, 3, 3),
		pipelinetest.NewItem("body.2.weight", "F32", make([]float32, 3*scale*scale*72), 3*scale*scale, 8, 3, 3),
	}
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Load(context.Background(), rt, model.Options{}, graph.Variant{})
	if err != nil {
		t.Fatal(err)
	}
	return n, rt
}

func speckled(w, h int, alpha bool) *image.NRGBA {
	r, img := rand.New(rand.NewPCG(1, 2)), image.NewNRGBA(image.Rect(3, 4, 3+w, 4+h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 && !alpha {
			img.Pix[i] = 255
		}
	}
	return img
}

// TestASmallTileKeepsItsMargin: one that is chosen too small for it is widened, not its margin cut; tiles that
// memory makes small are as small as that.
func TestASmallTileKeepsItsMargin(t *testing.T) {
	n, _ := doubling(t, 2, 0)
	n.File.Margin = 30
	if n.LeastTile() != 90 {
		t.Fatalf("the least tile is %d", n.LeastTile())
	}
	for _, s := range n.tiling(400, 20, n.side(Options{Tile: 48})).cols {
		if s.first > 0 && s.from-s.first < 30 || s.end < 400 && s.end-s.to < 30 {
			t.Errorf("a margin was cut: %+v", s)
		}
	}
	if side := n.side(Options{Memory: 1}); side != 48 {
		t.Errorf("without memory tiles are %d", side)
	}
}

// What a network leaves alone comes out as it went in, through tiles of any size, in 8 and 16 bits.
func TestTilesLeaveNoSeam(t *testing.T) {
	n, _ := doubling(t, 2, 0)
	for _, size := range []image.Point{{1, 1}, {47, 130}, {48, 49}, {200, 97}, {333, 64}} {
		img := speckled(size.X, size.Y, false)
		for _, tile := range []int{0, 48, 50, 64, 111} {
			out, err := Enlarge(context.Background(), n, Of(img), 2*size.X, 2*size.Y, Options{Tile: tile})
			if err != nil {
				t.Fatal(err)
			}
			got := out.NRGBA(image.Point{})
			for y := range 2 * size.Y {
				for x := range 2 * size.X {
					if want := img.NRGBAAt(3+x/2, 4+y/2); got.NRGBAAt(x, y) != want {
						t.Fatalf("%v in tiles of %d: pixel %d,%d is %v, want %v", size, tile, x, y, got.NRGBAAt(x, y), want)
					}
				}
			}
		}
	}
}

func TestAnyFactorIsReached(t *testing.T) {
	for _, scale := range []int{1, 2, 4} {
		n, rt := doubling(t, scale, 0)
		for _, by := range []float64{1, 1.5, 2, 2.7, 4, 6, 8} {
			w, h, err := Size(30, 20, by)
			if err != nil {
				t.Fatal(err)
			}
			before := len(rt.Log())
			last := 0.0
			out, err := Enlarge(context.Background(), n, Of(speckled(30, 20, true)), w, h, Options{Report: func(f float64) {
				if f < last || f > 1 {
					t.Errorf("×%g: progress went from %g to %g", by, last, f)
				}
				last = f
			}})
			if err != nil || out.W != w || out.H != h || len(out.Alpha) != w*h {
				t.Fatalf("×%g by a network of ×%d: %v, %dx%d, want %dx%d", by, scale, err, out.W, out.H, w, h)
			}
			most := 1
			for s := scale; scale > 1 && float64(s) < by; s *= scale {
				most++
			}
			if ran := len(rt.Log()) - before; ran != most {
				t.Errorf("×%g by a network of ×%d took %d runs, want %d", by, scale, ran, most)
			}
		}
	}
	if _, _, err := Size(5000, 10, 4); err == nil {
		t.Error("a side of 20000 is no error")
	}
	if _, _, err := Size(5, 10, 9); err == nil {
		t.Error("a factor of 9 is no error")
	}
}

// A light disc on hidden black keeps its colour at its edge, by the filter and by a network.
func TestEdgesOfTransparencyGetNoFringe(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			if dx, dy := x-32, y-32; dx*dx+dy*dy < 400 {
				img.SetNRGBA(x, y, color.NRGBA{240, 200, 160, 255})
			}
		}
	}
	n, _ := doubling(t, 2, 0)
	for name, net := range map[string]*Network{"the filter": nil, "a network": n} {
		out, err := Enlarge(context.Background(), net, Of(img), 160, 160, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, half := out.NRGBA(image.Point{}), 0
		for i := 0; i < len(got.Pix); i += 4 {
			p := got.Pix[i:][:4]
			if p[3] > 0 && (p[0] < 238 || p[1] < 198 || p[2] < 158) {
				t.Fatalf("by %s: a pixel of alpha %d is %v, want the disc's colour", name, p[3], p[:3])
			}
			if p[3] > 20 && p[3] < 235 {
				half++
			}
		}
		if half == 0 {
			t.Errorf("by %s the edge is not soft", name)
		}
	}
}

// The caller's picture stays as it is.
func TestEnlargeLeavesItsPicture(t *testing.T) {
	n, _ := doubling(t, 2, 0)
	img := speckled(20, 20, true)
	p, again := Of(img), Of(img)
	if _, err := Enlarge(context.Background(), n, p, 40, 40, Options{}); err != nil {
		t.Fatal(err)
	}
	if p.Alpha == nil || p.Alpha[3] != again.Alpha[3] || p.Pix[7] != again.Pix[7] {
		t.Error("the picture was changed")
	}
}

func TestCancelEndsEnlarging(t *testing.T) {
	n, _ := doubling(t, 2, time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Enlarge(ctx, n, Of(speckled(200, 200, false)), 400, 400, Options{Tile: 64}); !errors.Is(err, context.Canceled) {
		t.Errorf("found %v, want %v", err, context.Canceled)
	}
	if _, err := Enlarge(ctx, nil, Of(speckled(20, 20, false)), 40, 40, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the filter: found %v, want %v", err, context.Canceled)
	}
}

// What does not fit into the machine is refused before work begins.
func TestTooLittleMemoryIsSaid(t *testing.T) {
	if _, err := Enlarge(context.Background(), nil, Of(speckled(200, 200, false)), 400, 400, Options{Free: 1 << 20}); err == nil {
		t.Error("no error where 1 MB is free")
	}
}

// Sixteen bits stay sixteen.
func TestDepthIsKept(t *testing.T) {
	img := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		img.SetNRGBA64(i%8, i/8, color.NRGBA64{uint16(i * 1000), uint16(i*900 + 7), 12345, 0xffff})
	}
	n, _ := doubling(t, 2, 0)
	out, err := Enlarge(context.Background(), n, Of(img), 16, 16, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := out.NRGBA64()
	for i := range 64 {
		a, b := got.NRGBA64At(2*(i%8), 2*(i/8)), img.NRGBA64At(i%8, i/8)
		if d := int(a.R) - int(b.R); d < -1 || d > 1 || a.B != b.B {
			t.Fatalf("pixel %d is %v, want %v", i, a, b)
		}
	}
}

// No tile is larger than asked for, and together they cover the picture.
func TestTilesCoverThePicture(t *testing.T) {
	for _, step := range []int{1, 2, 8} {
		n := &Network{File: &File{Multiple: step, Margin: 20}, scale: 2}
		for _, side := range []int{48, 96, 200, 544} {
			for _, length := range []int{1, 47, 48, 97, 500, 1024, 4000} {
				last := 0
				for _, s := range n.tiling(length, 30, side).cols {
					if s.from != last || s.to <= s.from || s.first > s.from || s.end < s.to || s.end-s.first > side || s.first%step != 0 {
						t.Fatalf("%d in tiles of %d, multiples of %d: %+v after %d", length, side, step, s, last)
					}
					last = s.to
				}
				if last != length {
					t.Errorf("%d in tiles of %d: covered to %d", length, side, last)
				}
			}
		}
	}
}
