package psd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise is a picture of stretches of equal and of single bytes.
func noise(rng *rand.Rand, r image.Rectangle, opaque bool) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		if i < 8 || rng.IntN(3) == 0 {
			img.Pix[i] = byte(rng.IntN(256))
		} else {
			img.Pix[i] = img.Pix[i-4]
		}
		if opaque && i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

func shape(rng *rand.Rand, r image.Rectangle) *image.Alpha {
	m := image.NewAlpha(r)
	for i := range m.Pix {
		m.Pix[i] = byte(rng.IntN(4) * 85)
	}
	return m
}

// Groups come back with what is in them.
func TestGroupsAreWritten(t *testing.T) {
	dot := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	layers := []Layer{
		{Name: "base", Visible: true, Opacity: 1, Blend: "svg:src-over", Pixels: dot},
		{Ends: true}, {Ends: true},
		{Name: "deep", Visible: true, Opacity: 1, Blend: "svg:src-over", Pixels: dot},
		{Name: "inner", Visible: true, Opacity: 0.2, Blend: "svg:screen", Collapsed: true},
		{Name: "outer", PassThrough: true, Opacity: 1, Blend: "svg:src-over", Mask: image.NewAlpha(image.Rect(0, 0, 1, 2))},
	}
	var b bytes.Buffer
	if err := Write(context.Background(), &b, Picture{Merged: image.NewNRGBA(image.Rect(0, 0, 4, 4)), Layers: slices.Values(layers)}); err != nil {
		t.Fatal(err)
	}
	d, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := d.Each(func(l Layer) error {
		got = append(got, fmt.Sprintf("%s in %d %v %v %.1f %v %v", l.Name, l.In, l.Pixels == nil, l.PassThrough, l.Opacity, l.Collapsed, l.Mask != nil))
		return nil
	}, func(name string, err error) { t.Error(name, err) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"base in -1 false false 1.0 false false", "deep in 2 false false 1.0 false false", "inner in 3 true false 0.2 true false", "outer in -1 true true 1.0 false true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is written is read again: layers to the bit, with all that is said of them, resources,
// and the flattened picture, whose transparent colours may be off by rounding.
func TestWhatIsWrittenIsRead(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, opaque := range []bool{true, false} {
		layers := []Layer{
			{Name: "Paper", Visible: true, Opacity: 1, Blend: "svg:src-over", Pixels: noise(rng, image.Rect(-5, 3, 295, 84), opaque), LockPixels: true, LockAlpha: true},
			{Name: "Größe 絵", Opacity: 51. / 255, Blend: "svg:multiply", Pixels: noise(rng, image.Rect(30, -20, 41, 9), false), Clipped: true, Mask: shape(rng, image.Rect(31, 0, 50, 7)), MaskOutside: 255},
			{Name: "", Visible: true, Opacity: 0.6, Blend: "svg:plus", Pixels: noise(rng, image.Rect(200, 50, 201, 51), false), Mask: shape(rng, image.Rectangle{}), MaskOff: true},
		}
		p := Picture{Merged: noise(rng, image.Rect(-5, 3, 295, 84), opaque), Layers: slices.Values(layers), Profile: []byte("profile"), EXIF: []byte("II*\x00"), XMP: []byte("<x/>"), Own: []byte("own"), PerMetre: [2]float64{11811, 5906}}
		var b bytes.Buffer
		if err := Write(context.Background(), &b, p); err != nil {
			t.Fatal(err)
		}
		d, err := Read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d.Width != 300 || d.Height != 81 || d.Alpha() == opaque || !d.Merged || d.Layers != 3 || len(d.Notes) > 0 {
			t.Fatalf("seed %d: %+v", seed, d)
		}
		if string(d.Profile) != "profile" || string(d.EXIF) != "II*\x00" || string(d.XMP) != "<x/>" || string(d.Own) != "own" || int(d.PerMetre[0]+.5) != 11811 || int(d.PerMetre[1]+.5) != 5906 {
			t.Errorf("resources: %q %q %q %q %v", d.Profile, d.EXIF, d.XMP, d.Own, d.PerMetre)
		}
		n := 0
		err = d.Each(func(l Layer) error {
			want := layers[n]
			if l.Name != want.Name || l.Visible != want.Visible || l.Blend != want.Blend || int(l.Opacity*255+.5) != int(want.Opacity*255+.5) ||
				l.Pixels.Rect != want.Pixels.Rect.Sub(p.Merged.Rect.Min) || !bytes.Equal(l.Pixels.Pix, want.Pixels.Pix) ||
				l.Clipped != want.Clipped || l.LockPixels != want.LockPixels || l.LockAlpha != want.LockAlpha || l.LockPosition || l.In != -1 {
				t.Errorf("seed %d: layer %d is %q %v %v %q at %v", seed, n, l.Name, l.Visible, l.Opacity, l.Blend, l.Pixels.Rect)
			}
			if m := want.Mask; (l.Mask == nil) != (m == nil) || m != nil && (!bytes.Equal(l.Mask.Pix, m.Pix) || l.Mask.Rect != moved(m.Rect, p.Merged.Rect.Min) || l.MaskOff != want.MaskOff || l.MaskOutside != want.MaskOutside) {
				t.Errorf("seed %d: layer %d: mask %v", seed, n, l.Mask)
			}
			n++
			return nil
		}, func(name string, err error) { t.Errorf("layer %q: %v", name, err) })
		if err != nil || n != 3 {
			t.Errorf("%d layers, %v", n, err)
		}
		img, err := d.Composite()
		if err != nil {
			t.Fatal(err)
		}
		got := img.(*image.NRGBA)
		for i, v := range p.Merged.Pix {
			a := int(p.Merged.Pix[i|3])
			if diff := int(got.Pix[i]) - int(v); i%4 == 3 && diff != 0 || i%4 < 3 && a > 0 && max(diff, -diff)*a > 255 {
				t.Fatalf("seed %d: byte %d of the flattened picture is %d, want %d at alpha %d", seed, i, got.Pix[i], v, a)
			}
		}
	}
}

// Rows of all kinds come back from their runs.
func TestRunsComeBack(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 2))
	for range 3000 {
		row := make([]byte, 1+rng.IntN(400))
		for i := range row {
			if row[i] = byte(rng.IntN(3)); rng.IntN(4) > 0 && i > 0 {
				row[i] = row[i-1]
			}
		}
		packed := packRow(nil, row)
		got := make([]byte, len(row))
		if err := unpack(got, packed); err != nil || !bytes.Equal(got, row) || len(packed) > len(row)+len(row)/128+1 {
			t.Fatalf("seed %d: %v became %v through %v: %v", seed, row, got, packed, err)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	if err := Write(context.Background(), &bytes.Buffer{}, Picture{Merged: image.NewNRGBA(image.Rect(0, 0, MaxWritten+1, 1))}); err == nil {
		t.Error("a picture that is too wide is taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Write(ctx, &bytes.Buffer{}, Picture{Merged: image.NewNRGBA(image.Rect(0, 0, 9, 9))}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if Known("svg:nothing") || !Known("svg:screen") {
		t.Error("known modes")
	}
}
