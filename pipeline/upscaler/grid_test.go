package upscaler

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"slices"
	"testing"

	"pentimento/pipeline/pipelinetest"
)

// Tiles lie where A1111 lays them, and what is pasted of them is what it pastes.
func TestGridIsThatOfA1111(t *testing.T) {
	var r struct {
		Layouts []struct {
			W, H, Tile, Overlap int
			X, Y                []int
		}
	}
	data, err := os.ReadFile("testdata/upscale.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layouts {
		if x, y, err := Grid(l.W, l.H, l.Tile, l.Overlap); err != nil || !slices.Equal(x, l.X) || !slices.Equal(y, l.Y) {
			t.Errorf("%d×%d in tiles of %d: found %v %v (%v), want %v %v", l.W, l.H, l.Tile, x, y, err, l.X, l.Y)
		}
	}
	want, err := pipelinetest.ReadSafetensors("testdata/upscale.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	from := want["picture.1"]
	w, h := from.Shape[1], from.Shape[0]
	out, err := Together(w, h, image.Pt(32, 32), 4, 2, func(at image.Rectangle) (*image.NRGBA, error) {
		img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for i := range 64 * 64 {
			x, y := i%64, i/64
			p := from.Data[((at.Min.Y+y/2)*w+at.Min.X+x/2)*3:][:3]
			for c := range 3 {
				v := 0.7*float64(p[c])/255 + 0.1*float64(p[2-c])/255 + 0.05*float64(x)/63 + 0.1*float64(y)/63
				img.Pix[4*i+c] = uint8(math.RoundToEven(min(v, 1) * 255))
			}
			img.Pix[4*i+3] = 255
		}
		return img, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want["tiles.1.out"].Data {
		if got := out.Pix[i*13/3*4+i*13%3]; math.Abs(float64(got)-float64(v)) > 1 {
			t.Fatalf("value %d of the pasted tiles is %d, want %g", 13*i, got, v)
		}
	}
}

func TestGridRefuses(t *testing.T) {
	for _, q := range [][4]int{{0, 5, 4, 1}, {5, 5, 4, 4}, {5, 5, 0, 0}, {5, 5, 4, -1}, {1 << 20, 1 << 20, 2, 1}} {
		if _, _, err := Grid(q[0], q[1], q[2], q[3]); err == nil {
			t.Errorf("%v: no error", q)
		}
	}
}
