package kra

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"reflect"
	"strings"
	"testing"
)

const doc = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DOC PUBLIC '-//KDE//DTD krita 2.0//EN' 'http://www.calligra.org/DTD/krita-2.0.dtd'>
<DOC xmlns="http://www.calligra.org/DTD/krita" kritaVersion="5.2.2" editor="Krita" syntaxVersion="2.0">
 <IMAGE height="48" width="80" name="Bild &amp; Co" mime="application/x-kra" colorspacename="RGBA" profile="sRGB-elle-V2-srgbtrc.icc" x-res="300" y-res="300">
  <layers>
   <layer name="Ink" nodetype="paintlayer" filename="layer5" visible="1" opacity="128" compositeop="multiply" colorspacename="RGBA" x="3" y="-2">
    <masks><mask name="Soft" nodetype="transparencymask" filename="mask1" x="4" visible="0"/><mask name="Other" nodetype="filtermask" filename="mask2"/></masks>
   </layer>
   <layer name="Group" nodetype="grouplayer" filename="layer4" visible="0" opacity="255" compositeop="normal" passthrough="0" collapsed="1">
    <layers>
     <layer name="Inside" nodetype="paintlayer" filename="layer3" visible="1" opacity="255" compositeop="behind" channelflags="1110" colorspacename="RGBA" x="0" y="0"/>
     <layer name="Blur" nodetype="adjustmentlayer" filename="layer6" visible="1" opacity="255"/>
    </layers>
   </layer>
   <layer name="Paper" nodetype="paintlayer" filename="layer2" visible="1" opacity="255" compositeop="normal" colorspacename="RGBA" x="0" y="0"/>
  </layers>
 </IMAGE>
</DOC>`

func TestTheListOfLayersIsRead(t *testing.T) {
	d, err := Read([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if d.Width != 80 || d.Height != 48 || d.Name != "Bild & Co" || d.Space != "RGBA" || d.PerInch != 300 || len(d.Layers) != 4 {
		t.Fatalf("%+v", d)
	}
	want := []Layer{
		{In: -1, Name: "Paper", Visible: true, Opacity: 1, Blend: "svg:src-over", Member: "Bild & Co/layers/layer2", Space: "RGBA"},
		{In: 2, Name: "Inside", Visible: true, Opacity: 1, Blend: "krita:behind", Member: "Bild & Co/layers/layer3", Space: "RGBA", Inherits: true},
		{Group: true, In: -1, Name: "Group", Opacity: 1, Blend: "svg:src-over", Member: "Bild & Co/layers/layer4", Collapsed: true},
		{In: -1, Name: "Ink", Visible: true, Opacity: 128. / 255, Blend: "svg:multiply", Member: "Bild & Co/layers/layer5", Space: "RGBA", X: 3, Y: -2,
			Mask: &Mask{Member: "Bild & Co/layers/mask1.pixelselection", X: 4, Off: true}},
	}
	for i, l := range d.Layers {
		if !reflect.DeepEqual(l, want[i]) {
			t.Errorf("layer %d is %+v, want %+v", i, l, want[i])
		}
	}
	notes := strings.Join(d.Notes, "\n")
	for _, w := range []string{`"Blur" is a filter`, `"Other"`} {
		if !strings.Contains(notes, w) {
			t.Errorf("notes %q, want %q", notes, w)
		}
	}
	for n := range len(doc) { // no panic
		_, _ = Read([]byte(doc[:n]))
	}
	odd, err := Read([]byte(strings.Replace(doc, `x="3" y="-2"`, `x="NaN" y="Inf"`, 1)))
	if err != nil || odd.Layers[3].X != 0 || odd.Layers[3].Y != 0 {
		t.Errorf("a place that is no number: %+v, %v", odd, err)
	}
	if _, err := Read([]byte(strings.Repeat("<layer>", 100000))); err == nil {
		t.Error("a list nested without end is read")
	}
}

// TestASizeThatCannotBeIsSaid as the file says it.
func TestASizeThatCannotBeIsSaid(t *testing.T) {
	_, err := Read([]byte(`<DOC><IMAGE width="2000000000" height="2000000000"/></DOC>`))
	if err == nil || !strings.Contains(err.Error(), `"2000000000"`) {
		t.Errorf("error %v, want one with the size", err)
	}
}

// packed is 64×64 pixels of one colour, blue first, packed as Krita does: planes of 4096
// alike bytes.
func packed(c [4]byte) []byte {
	b := []byte{1}
	for _, v := range c {
		// A byte as it is, then runs of up to 264 from one byte back: 15 of them and 135.
		b = append(b, 0, v)
		for left := 4095; left > 0; {
			n := min(left, 264)
			b = append(b, 7<<5, byte(n-9), 0)
			left -= n
		}
	}
	return b
}

// plenty is 256 MB for a layer.
func plenty(bytes int64) bool { return bytes <= 256<<20 }

func tiled(tiles map[image.Point][]byte) []byte {
	b := fmt.Appendf(nil, "VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA %d\n", len(tiles))
	for at, t := range tiles {
		b = fmt.Appendf(b, "%d,%d,LZF,%d\n", at.X, at.Y, len(t))
		b = append(b, t...)
	}
	return b
}

func TestTilesAreUnpacked(t *testing.T) {
	raw := append([]byte{0}, bytes.Repeat([]byte{7}, 4*4096)...)
	b := tiled(map[image.Point][]byte{{0, 0}: packed([4]byte{1, 2, 3, 200}), {-64, 64}: raw})
	page := image.Rect(0, 0, 80, 48)
	img, err := Pixels(Layer{Space: "RGBA", X: 5, Y: 1}, b, []byte{0, 0, 0, 0}, page, plenty)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[image.Point]color.NRGBA{{5, 1}: {3, 2, 1, 200}, {68, 64}: {3, 2, 1, 200}, {-59, 65}: {7, 7, 7, 7}, {69, 64}: {}, {4, 64}: {}} {
		if got := img.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
	img, err = Pixels(Layer{Space: "RGBA"}, tiled(nil), []byte{255, 255, 255, 255}, page, plenty)
	if err != nil || img.Rect != page || img.NRGBAAt(79, 47) != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("white paper: %v %v", img, err)
	}
	for n := range len(b) {
		if _, err := Pixels(Layer{Space: "RGBA"}, b[:n], nil, page, plenty); err == nil {
			t.Fatalf("cut to %d of %d bytes it opens", n, len(b))
		}
	}
	far := tiled(map[image.Point][]byte{{0, 0}: raw, {1 << 19, 1 << 19}: raw})
	if _, err := Pixels(Layer{Space: "RGBA"}, far, nil, page, plenty); err == nil {
		t.Error("two tiles far apart ask for terabytes")
	}
	near := tiled(map[image.Point][]byte{{0, 0}: raw})
	for bytes, want := range map[int64]bool{4 * 64 * 64: true, 4*64*64 - 1: false} {
		if _, err := Pixels(Layer{Space: "RGBA"}, near, nil, page, func(n int64) bool { return n <= bytes }); (err == nil) != want {
			t.Errorf("a tile with %d bytes to spend: %v", bytes, err)
		}
	}
	if _, err := Pixels(Layer{Space: "RGBAF32"}, b, nil, page, plenty); err == nil || !strings.Contains(err.Error(), "RGBAF32") {
		t.Errorf("%v", err)
	}
}

func FuzzPixels(f *testing.F) {
	f.Add(tiled(map[image.Point][]byte{{0, 64}: packed([4]byte{1, 2, 3, 4})}), "RGBA")
	f.Add(tiled(nil), "GRAYA16")
	f.Fuzz(func(t *testing.T, b []byte, space string) {
		img, err := Pixels(Layer{Space: space}, b, nil, image.Rect(0, 0, 8, 8), plenty)
		if err == nil && len(img.Pix) != 4*img.Rect.Dx()*img.Rect.Dy() {
			t.Errorf("%v of %d bytes", img.Rect, len(img.Pix))
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(doc))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := Read(b); err == nil && (d.Width < 1 || len(d.Layers) > maxLayers) {
			t.Errorf("%+v", d)
		}
	})
}
