package psd

import (
	"encoding/binary"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// made is a layer as the tests write it: every pixel alike, packed as raw.
type made struct {
	name    string
	rect    image.Rectangle
	colour  [4]byte // with alpha
	opacity byte
	hidden  bool
	blend   string
	section uint32
	mask    *image.Rectangle // 255 inside, 0 outside
	extra   string           // the key of an empty block
	clipped bool
}

var be = binary.BigEndian

func rectangle(b []byte, r image.Rectangle) []byte {
	for _, v := range []int{r.Min.Y, r.Min.X, r.Max.Y, r.Max.X} {
		b = be.AppendUint32(b, uint32(int32(v)))
	}
	return b
}

func block(b []byte, key string, body []byte) []byte {
	b = append(append(b, "8BIM"...), key...)
	b = append(be.AppendUint32(b, uint32(len(body))), body...)
	if len(body)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

// written is an RGB file of these layers, without a flattened picture.
func written(w, h int, layers []made) []byte {
	b := []byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03")
	b = be.AppendUint32(be.AppendUint32(b, uint32(h)), uint32(w))
	b = append(b, 0, 8, 0, 3)
	b = be.AppendUint32(b, 0)
	version := []byte("8BIM\x04\x21\x00\x00\x00\x00\x00\x05\x00\x00\x00\x01\x00\x00") // no flattened picture
	b = append(be.AppendUint32(b, uint32(len(version))), version...)
	list, pixels := be.AppendUint16(nil, uint16(len(layers))), []byte(nil)
	for _, l := range layers {
		list = rectangle(list, l.rect)
		n := l.rect.Dx() * l.rect.Dy()
		ids := []int16{-1, 0, 1, 2}
		if l.mask != nil {
			ids = append(ids, -2)
		}
		list = be.AppendUint16(list, uint16(len(ids)))
		for _, id := range ids {
			size, v := n, byte(255)
			switch {
			case id == -2:
				size = l.mask.Dx() * l.mask.Dy()
			case id == -1:
				v = l.colour[3]
			default:
				v = l.colour[id]
			}
			list = be.AppendUint32(be.AppendUint16(list, uint16(id)), uint32(2+size))
			pixels = append(pixels, 0, 0)
			for range size {
				pixels = append(pixels, v)
			}
		}
		if l.blend == "" {
			l.blend = "norm"
		}
		list = append(append(list, "8BIM"...), l.blend...)
		flags, clip := byte(0), byte(0)
		if l.hidden {
			flags = 2
		}
		if l.clipped {
			clip = 1
		}
		list = append(list, l.opacity, clip, flags, 0)
		var x []byte
		if l.mask != nil {
			x = append(rectangle(be.AppendUint32(x, 20), *l.mask), 0, 0, 0, 0)
		} else {
			x = be.AppendUint32(x, 0)
		}
		x = append(be.AppendUint32(x, 0), 0, 0, 0, 0) // nothing to blend with, an empty name
		name := be.AppendUint32(nil, uint32(len(utf16.Encode([]rune(l.name)))))
		for _, c := range utf16.Encode([]rune(l.name)) {
			name = be.AppendUint16(name, c)
		}
		x = block(x, "luni", name)
		if l.section != 0 {
			x = block(x, "lsct", be.AppendUint32(nil, l.section))
		}
		if l.extra != "" {
			x = block(x, l.extra, nil)
		}
		list = append(be.AppendUint32(list, uint32(len(x))), x...)
	}
	list = append(list, pixels...)
	section := append(be.AppendUint32(nil, uint32(len(list))), list...)
	section = be.AppendUint32(section, 0)
	b = append(be.AppendUint32(b, uint32(len(section))), section...)
	return append(b, 0, 0)
}

func layersOf(t *testing.T, d *Document) []Layer {
	t.Helper()
	var out []Layer
	if err := d.Each(func(l Layer) error { out = append(out, l); return nil }, func(name string, err error) { t.Errorf("%q: %v", name, err) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// Layers come with their names, places, opacities and modes; groups count for what is in
// them; what is not pixels is said.
func TestLayers(t *testing.T) {
	hole := image.Rect(2, 2, 4, 4)
	b := written(20, 10, []made{
		{name: "Grund", rect: image.Rect(0, 0, 20, 10), colour: [4]byte{10, 20, 30, 255}, opacity: 255},
		{name: "end", opacity: 255, section: 3},
		{name: "Rötlich ☂", rect: image.Rect(-3, 1, 5, 6), colour: [4]byte{200, 0, 0, 128}, opacity: 128, blend: "mul "},
		{name: "clip", rect: image.Rect(0, 0, 2, 2), colour: [4]byte{1, 2, 3, 255}, opacity: 255, clipped: true, blend: "nrcs"},
		{name: "Group", opacity: 51, hidden: true, section: 1, blend: "pass"},
		{name: "masked", rect: image.Rect(0, 0, 6, 6), colour: [4]byte{0, 9, 0, 255}, opacity: 255, mask: &hole, blend: "hue "},
		{name: "curves", opacity: 255, extra: "curv"},
	})
	d, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	got := layersOf(t, d)
	if len(got) != 5 || d.Layers != 5 || d.Merged {
		t.Fatalf("%d layers, merged %v, want 5 and none", len(got), d.Merged)
	}
	if l := got[0]; l.Name != "Grund" || !l.Visible || l.Opacity != 1 || l.Blend != "svg:src-over" || l.Pixels.NRGBAAt(19, 9) != (color.NRGBA{10, 20, 30, 255}) {
		t.Errorf("%+v", l)
	}
	if l := got[1]; l.Name != "Rötlich ☂" || !l.Visible || l.Opacity != 128./255 || l.In != 3 || l.Blend != "svg:multiply" || l.Pixels.Rect != image.Rect(-3, 1, 5, 6) || l.Pixels.NRGBAAt(-3, 1) != (color.NRGBA{200, 0, 0, 128}) {
		t.Errorf("%+v", l)
	}
	if got[2].Blend != "svg:screen" || !got[2].Clipped || got[2].In != 3 {
		t.Errorf("letters written backwards: %+v, want svg:screen, clipped, in the group", got[2])
	}
	if l := got[3]; l.Pixels != nil || l.Visible || l.Opacity != 0.2 || !l.PassThrough || l.In != -1 {
		t.Errorf("%+v", l)
	}
	if l := got[4]; !l.Visible || l.Blend != "svg:hue" || l.In != -1 || l.Mask == nil || l.Mask.Rect != hole || l.MaskOutside != 0 || l.Mask.AlphaAt(3, 3).A != 255 {
		t.Errorf("%+v", l)
	}
	notes := strings.Join(d.Notes, "\n")
	for _, want := range []string{`"curves" is an adjustment`} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes %q, want %q", notes, want)
		}
	}
}

// testdata holds files that ImageMagick wrote, of 8 and 16 bits and of CMYK: their layers,
// laid together, are their flattened pictures.
func TestLayersAndTheFlattenedPictureAgree(t *testing.T) {
	for _, name := range []string{"layers", "layers16", "layers_cmyk"} {
		b, err := os.ReadFile("testdata/" + name + ".psd")
		if err != nil {
			t.Fatal(err)
		}
		d, err := Read(b)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := d.Composite()
		if err != nil || d.Layers != 2 {
			t.Fatalf("%s: %v, %d layers", name, err, d.Layers)
		}
		layers := layersOf(t, d)
		for y := range d.Height {
			for x := range d.Width {
				sum := [3]float64{}
				for _, l := range layers {
					c := l.Pixels.NRGBAAt(x, y)
					a := float64(c.A) / 255
					for k, v := range [3]uint8{c.R, c.G, c.B} {
						sum[k] = sum[k]*(1-a) + float64(v)*a
					}
				}
				r, g, bl, _ := whole.At(x, y).RGBA()
				limit := 1.6
				if name == "layers_cmyk" { // it was laid together as inks
					limit = 40
				}
				for k, v := range [3]uint32{r, g, bl} {
					if diff := sum[k] - float64(v)/257; diff > limit || diff < -limit {
						t.Fatalf("%s: pixel %d,%d channel %d is %.1f of layers and %.1f flattened", name, x, y, k, sum[k], float64(v)/257)
					}
				}
			}
		}
	}
}

// What is not read is named; what is cut or lies is refused, without a panic and in little
// memory.
func TestHostileFiles(t *testing.T) {
	good := written(20, 10, []made{{name: "a", rect: image.Rect(0, 0, 20, 10), colour: [4]byte{1, 2, 3, 255}, opacity: 255}})
	for what, change := range map[string]func([]byte){
		"Lab":           func(b []byte) { b[25] = 9 },
		"Multichannel":  func(b []byte) { b[25] = 7 },
		"HDR":           func(b []byte) { b[23] = 32 },
		"colour mode 5": func(b []byte) { b[25] = 5 },
		"version 3":     func(b []byte) { b[5] = 3 },
		"want 3":        func(b []byte) { b[13] = 2 },
	} {
		b := append([]byte{}, good...)
		change(b)
		if _, err := Read(b); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
	for n := range len(good) {
		if d, err := Read(good[:n]); err == nil && d.Layers == 0 {
			t.Errorf("cut to %d of %d bytes it opens", n, len(good))
		}
	}
	huge := written(20, 10, []made{{name: "a", colour: [4]byte{1, 2, 3, 255}, opacity: 255}})
	i := strings.Index(string(huge), "8BIMnorm") - 4*6 - 2 - 16
	rectangle(huge[:i], image.Rect(0, 0, 200000, 200000))
	if d, err := Read(huge); err == nil && d.Layers != 0 {
		t.Errorf("a layer of 40 gigapixels in %d bytes", len(huge))
	}
}

// A mask takes memory as pixels do, however small the layer that it belongs to.
func TestAMaskThatItsBytesCannotHold(t *testing.T) {
	mask := image.Rect(0, 0, 20, 10)
	b := written(20, 10, []made{{name: "a", rect: mask, mask: &mask, colour: [4]byte{1, 2, 3, 255}, opacity: 255}})
	if d, err := Read(b); err != nil || d.Layers != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	i := strings.Index(string(b), "8BIMnorm") + 8 + 4 + 4 + 4
	rectangle(b[:i], image.Rect(0, 0, 200000, 200000))
	if d, err := Read(b); err == nil && d.Layers != 0 {
		t.Errorf("a mask of 40 gigapixels in %d bytes", len(b))
	}
}

// FuzzRead: no bytes end the program.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.psd")
	for _, path := range files {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Add(written(5, 4, []made{{name: "end", section: 3}, {name: "a", rect: image.Rect(0, 0, 5, 4), colour: [4]byte{1, 2, 3, 255}}, {name: "g", section: 1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Read(b)
		if err != nil || d.Width*d.Height > 1<<20 {
			return
		}
		if d.Merged {
			if img, err := d.Composite(); err == nil && img.Bounds() != image.Rect(0, 0, d.Width, d.Height) {
				t.Errorf("%v, want %d×%d", img.Bounds(), d.Width, d.Height)
			}
		}
		n := 0
		_ = d.Each(func(Layer) error { n++; return nil }, func(string, error) { n++ })
		if n != d.Layers {
			t.Errorf("%d layers, want %d", n, d.Layers)
		}
	})
}
