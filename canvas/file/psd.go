package file

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"io"

	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/psd"
	"pentimento/fault"
)

const psdMagic = "8BPS"

func readPSD(r io.Reader) (*psd.Document, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	return psd.Read(b)
}

func configPSD(r io.Reader) (image.Config, error) {
	d, err := readPSD(r)
	if err != nil {
		return image.Config{}, err
	}
	model := color.RGBAModel
	switch deep := d.Depth == 16 && !d.CMYK(nil); {
	case deep && d.Alpha():
		model = color.NRGBA64Model
	case deep:
		model = color.RGBA64Model
	case d.Alpha():
		model = color.NRGBAModel
	}
	return image.Config{ColorModel: model, Width: d.Width, Height: d.Height}, nil
}

// decodePSD is the flattened picture; without one, the layers laid together.
func decodePSD(ctx context.Context, r io.Reader) (image.Image, error) {
	d, err := readPSD(r)
	if err != nil {
		return nil, err
	}
	if d.Merged {
		img, err := d.Composite()
		if err != nil && d.Layers > 0 {
			return nil, fault.Told(fmt.Sprintf("psd: the flattened picture is damaged (%v)", err), "open it in the window, which reads its layers, and export a PNG", nil)
		}
		return img, err
	}
	p, _, err := layersOfPSD(ctx, d, Meaning{}, nil)
	if err != nil {
		return nil, err
	}
	return flattened(p, image.Rect(0, 0, d.Width, d.Height)), nil
}

// openPSD is the file as a project: its layers, or the flattened picture as one.
func openPSD(ctx context.Context, r io.ReadSeeker, report func(float64)) (p *Project, s *Stored, err error) {
	defer func() { // as in readProject
		if v := recover(); v != nil {
			p, s, err = nil, nil, fault.New(fmt.Sprintf("reading it failed (%v)", v), damaged)
		}
	}()
	info, err := Inspect(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	d, err := readPSD(r)
	if err != nil {
		return nil, nil, err
	}
	if d.Layers == 0 {
		p, err := Decode(ctx, r, report)
		if err != nil {
			return nil, nil, err
		}
		b := newBuilder()
		if p.Depth > 8 {
			b.note("It has 16 bits a channel; here it has 8")
		}
		b.add("Background", true, 1, "", p.NRGBA())
		out, stored := b.project("Photoshop", p.Bounds(), p.Meaning)
		return out, stored, nil
	}
	return layersOfPSD(ctx, d, info.Meaning, report)
}

func layersOfPSD(ctx context.Context, d *psd.Document, m Meaning, report func(float64)) (*Project, *Stored, error) {
	b := newBuilder()
	for _, n := range d.Notes {
		b.note("%s", capital(n))
	}
	if d.Depth == 16 {
		b.note("It has 16 bits a channel; here it has 8")
	}
	if d.CMYK(nil) {
		var convert func(c, m, y, k uint8) (uint8, uint8, uint8)
		if s, err := colour.Read(d.Profile); err == nil && colour.Channels(d.Profile) == 4 {
			convert = inksBy(ctx, s)
			b.note("CMYK was converted to sRGB by its profile %s", s.Name)
		} else {
			b.note("CMYK was converted to sRGB without a profile; colours are a guess")
		}
		d.CMYK(convert)
		m.Profile = nil
	}
	n := 0
	err := d.Each(func(l psd.Layer) error {
		if l.PassThrough {
			l.Blend = "svg:src-over"
		}
		id, _ := b.add(l.Name, l.Visible, l.Opacity, l.Blend, l.Pixels)
		b.place(l.Index, l.In, id)
		b.edit.SetLayer(id, func(n *canvas.Layer) {
			n.PassThrough, n.Collapsed, n.Clip = l.PassThrough, l.Collapsed, l.Clipped
			n.Lock = lock(l.LockPixels, canvas.LockPixels) | lock(l.LockPosition, canvas.LockPosition) | lock(l.LockAlpha, canvas.LockAlpha)
		})
		b.mask(id, l.Mask, l.MaskOutside, l.MaskOff)
		n++
		return step(ctx, report, n, d.Layers)
	}, func(name string, err error) { b.note("The layer %q is damaged: %v", name, err) })
	if err != nil {
		return nil, nil, err
	}
	p, stored := b.project("Photoshop", image.Rect(0, 0, d.Width, d.Height), m)
	return p, stored, nil
}

// inksBy converts single pixels by a profile, as whole pictures are, and keeps the last. What
// it gives once ctx has ended is for nobody.
func inksBy(ctx context.Context, s *colour.Space) func(c, m, y, k uint8) (uint8, uint8, uint8) {
	one := image.NewCMYK(image.Rect(0, 0, 1, 1))
	seen := map[[4]uint8][3]uint8{}
	return func(c, m, y, k uint8) (uint8, uint8, uint8) {
		key := [4]uint8{c, m, y, k}
		v, ok := seen[key]
		if !ok {
			copy(one.Pix, key[:])
			rgb, err := s.CMYK(ctx, one, nil)
			if err != nil {
				return 0, 0, 0
			}
			r, g, b, _ := rgb.At(0, 0).RGBA()
			v = [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
			if len(seen) > 1<<20 {
				clear(seen)
			}
			seen[key] = v
		}
		return v[0], v[1], v[2]
	}
}

// capital begins a sentence.
func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// walkPSD visits what the resources say.
func walkPSD(r io.Reader, visit func(string, []byte)) error {
	d, err := readPSD(r)
	if err != nil {
		return nil // its decoder says so
	}
	for _, x := range []struct {
		kind string
		b    []byte
	}{{"ICCP", d.Profile}, {"exif", d.EXIF}, {"xmp", d.XMP}, {"iptc", d.IPTC}, {"pHYs", density(d.PerMetre[0], d.PerMetre[1], 1)}} {
		if x.b != nil {
			visit(x.kind, x.b)
		}
	}
	if d.Own != nil {
		visit("own", append([]byte{1, 1}, d.Own...))
	}
	switch {
	case !d.Merged:
		visit("layers", fmt.Appendf(nil, "it has no flattened picture; %d layers were laid together", d.Layers))
	case d.Layers > 1:
		visit("layers", fmt.Appendf(nil, "it has %d layers; opened as a picture, the flattened one counts", d.Layers))
	}
	return nil
}
