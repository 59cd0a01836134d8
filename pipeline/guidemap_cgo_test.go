//go:build cgo

package pipeline

import (
	"context"
	"image"
	"slices"
	"testing"

	"pentimento/pipeline/preprocess"
)

// TestAGuidesPreprocessorRunsBeforeItsNetwork: a guide of a picture with a preprocessor is, bit for
// bit, a guide of the map that the preprocessor makes; and so with a network of the preprocessor's
// own.
func TestAGuidesPreprocessorRunsBeforeItsNetwork(t *testing.T) {
	net := controlNets(t)["A"]
	img, hint := noisePicture(96, 64), noisePicture(80, 60)
	p := native(t)
	run := func(g Guide) *image.NRGBA {
		q := drawn(t, "tiny15", 2)
		q.Task, q.Image, q.Mask, q.Frame, q.Infill = Inpaint, img, disc(img.Rect, image.Pt(60, 30), 16), image.Rectangle{}, InfillEdge
		g.Kind, g.Model, g.Weight, g.End = GuideControl, net, 1, 1
		q.Guides = []Guide{g}
		res, err := p.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatalf("%+v: %v", g.Preprocessor, err)
		}
		return res.Images[0]
	}
	ctx := t.Context()
	map1 := func(module string, res int, network string) *image.NRGBA {
		m, err := preprocess.Find(module)
		if err != nil {
			t.Fatal(err)
		}
		by := m.Defaults()
		by.Res = res
		out, err := m.Run(ctx, preprocess.Of(hint), by)
		if network != "" {
			out, err = p.Map(ctx, m, network, preprocess.Of(hint), by, Where{Device: "cpu"})
		}
		if err != nil {
			t.Fatal(err)
		}
		return out.NRGBA()
	}
	lines := run(Guide{Image: hint, Preprocessor: "lineart_standard", Resolution: 90})
	if !slices.Equal(lines.Pix, run(Guide{Image: map1("lineart_standard", 90, "")}).Pix) {
		t.Error("a guide with a preprocessor is another than one of its map")
	}
	if slices.Equal(lines.Pix, run(Guide{Image: hint}).Pix) {
		t.Error("a preprocessor changes nothing")
	}
	network := meanNetwork(t, false)
	if !slices.Equal(run(Guide{Image: hint, Preprocessor: "lineart_realistic", Resolution: 64, Network: network}).Pix, run(Guide{Image: map1("lineart_realistic", 64, network)}).Pix) {
		t.Error("a guide with a preprocessor's network is another than one of its map")
	}
}

// TestAMapIsMadeOnceARun, whatever the size of the pass; of what lies on the canvas it is made
// anew.
func TestAMapIsMadeOnceARun(t *testing.T) {
	r := &run{req: Request{}}
	g := Guide{Name: "photo", Image: noisePicture(60, 40), Preprocessor: "canny", PixelPerfect: true}
	for i, size := range []image.Point{{96, 64}, {192, 128}} {
		got, err := pass{run: r}.mapped(t.Context(), g, g.Image, size, image.Rectangle{Max: size})
		if err != nil || got.Rect.Size() != size || len(r.maps) != 1 {
			t.Errorf("pass %d: %v, %v, %d maps", i, got.Rect, err, len(r.maps))
		}
	}
	g.Crop = image.Rect(10, 10, 40, 30)
	if _, err := (pass{run: r}).mapped(t.Context(), g, g.Image, image.Pt(64, 64), image.Rect(0, 0, 64, 64)); err != nil || len(r.maps) != 2 {
		t.Errorf("another crop: %v, %d maps", err, len(r.maps))
	}
	g.Image = nil
	if _, err := (pass{run: r}).mapped(t.Context(), g, noisePicture(30, 30), image.Pt(64, 64), image.Rect(0, 0, 64, 64)); err != nil || len(r.maps) != 2 {
		t.Errorf("of the canvas: %v, %d maps", err, len(r.maps))
	}
}
