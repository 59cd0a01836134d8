package file

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"

	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/canvas/kra"
	"pentimento/fault"
)

// The members of Krita's files, and the name of the format in Info.
const (
	kritaMime    = "application/x-krita"
	kritaMember  = "maindoc.xml"
	kritaProfile = "/annotations/icc"
	krita        = "Krita"
)

// kritaDocument reads the list of layers.
func (a *archive) kritaDocument() (*kra.Document, error) {
	b, err := a.document(kritaMember, maxDocument)
	if err != nil {
		return nil, err
	}
	d, err := kra.Read(b)
	if err != nil {
		return nil, fault.With(err, damaged)
	}
	if d.Width > MaxSide || d.Height > MaxSide {
		return nil, fault.New(fmt.Sprintf("is %d×%d pixels, want at most %d a side", d.Width, d.Height, MaxSide), "make it smaller in Krita")
	}
	return d, nil
}

// readKrita is the file as a project: its paint layers. whole wants all of them.
func readKrita(ctx context.Context, a *archive, whole bool, report func(float64)) (*Project, *Stored, error) {
	d, err := a.kritaDocument()
	if err != nil {
		return nil, nil, err
	}
	b := newBuilder()
	for _, n := range d.Notes {
		b.note("%s", capital(n))
	}
	page := image.Rect(0, 0, d.Width, d.Height)
	for i, l := range d.Layers {
		if err := step(ctx, report, i, len(d.Layers)); err != nil {
			return nil, nil, err
		}
		var img *image.NRGBA
		if !l.Group {
			img, err = a.kritaLayer(l, page)
		}
		if err != nil {
			b.note("The layer %q cannot be read: %v", l.Name, err)
			b.lost = true
			continue
		}
		if l.PassThrough {
			l.Blend = "svg:src-over"
		}
		id, kept := b.add(l.Name, l.Visible, l.Opacity, l.Blend, img)
		b.place(i, l.In, id)
		b.edit.SetLayer(id, func(n *canvas.Layer) {
			n.PassThrough, n.Collapsed, n.Clip = l.Group && l.PassThrough, l.Collapsed, l.Inherits
			n.Lock = lock(l.Locked, canvas.LockPixels|canvas.LockPosition) | lock(l.LockAlpha, canvas.LockAlpha)
		})
		if err := a.kritaMask(b, id, l); err != nil {
			b.note("The mask of the layer %q cannot be read: %v", l.Name, err)
		}
		if img != nil {
			a.budget.release(int64(len(img.Pix)))
		}
		if !a.budget.hold(kept) { // several layers can name the same tiles
			return nil, nil, fault.New("its layers: "+errTooMuch.Error(), damaged)
		}
	}
	switch d.Space {
	case "RGBA", "GRAYA":
	case "RGBA16", "GRAYA16":
		b.note("It has 16 bits a channel; here it has 8")
	default:
		b.note("Its colour space is %s; here it is RGB of 8 bits, and colours are a guess", d.Space)
	}
	var m Meaning
	if p, err := a.document(d.Name+kritaProfile, maxProfile); err == nil && (colour.Channels(p) == 3 || colour.Channels(p) == 1) {
		m.Profile = p
	}
	if whole && b.lost {
		return nil, nil, fault.New("holds no flattened picture ("+mergedMember+"), and a layer cannot be read", "open it in the window, which tells which, and export a PNG")
	}
	m.Density = density(d.PerInch, d.PerInch, 0.0254)
	p, stored := b.project(krita, page, m)
	return p, stored, nil
}

// kritaFlattened is the picture of a file without its merged image, as a PNG, and pixels an inch.
func (a *archive) kritaFlattened() (flat []byte, inch [2]float64, err error) {
	p, s, err := readKrita(context.Background(), a, true, nil)
	if err != nil {
		return nil, inch, err
	}
	if !a.budget.hold(int64(4 * s.page.Dx() * s.page.Dy())) {
		return nil, inch, fault.New("its picture: "+errTooMuch.Error(), damaged)
	}
	var b bytes.Buffer
	err = EncodePNG(context.Background(), &b, flattened(p, s.page), nil, png.BestSpeed)
	return b.Bytes(), inches(MeaningOf(p.State.Source).Density), err
}

// kritaMask gives a layer its mask; its tiles stay on the budget.
func (a *archive) kritaMask(b *builder, id canvas.LayerID, l kra.Layer) error {
	if l.Mask == nil {
		return nil
	}
	f := a.members[l.Mask.Member]
	if f == nil {
		return fmt.Errorf("its pixels are missing")
	}
	if !a.budget.inflate(int64(f.UncompressedSize64)) {
		return errTooMuch
	}
	tiles, err := a.document(l.Mask.Member, int64(f.UncompressedSize64))
	if err != nil {
		return err
	}
	outside, _ := a.document(l.Mask.Member+".defaultpixel", 64)
	shows, around, err := kra.Cover(*l.Mask, tiles, outside, a.budget.hold)
	if err == nil {
		b.mask(id, shows, around, l.Mask.Off)
	}
	return err
}

func (a *archive) kritaLayer(l kra.Layer, page image.Rectangle) (*image.NRGBA, error) {
	f := a.members[l.Member]
	if f == nil {
		return nil, fmt.Errorf("its pixels are missing")
	}
	if !a.budget.inflate(int64(f.UncompressedSize64)) {
		return nil, errTooMuch
	}
	tiles, err := a.document(l.Member, int64(f.UncompressedSize64))
	if err != nil {
		return nil, err
	}
	outside, _ := a.document(l.Member+".defaultpixel", 64) // most often there is one
	held := int64(0)
	img, err := kra.Pixels(l, tiles, outside, page, func(n int64) bool {
		if !a.budget.hold(n) {
			return false
		}
		held = n
		return true
	})
	if err != nil {
		a.budget.release(held)
	}
	return img, err
}
