package file

import (
	"context"
	"encoding/binary"
	"image"
	"io"
	"iter"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/psd"
)

// writePSD writes the picture with the layers of the State that it was made of, or with itself
// as the only one.
func writePSD(ctx context.Context, w io.Writer, p printed, m Meaning) error {
	own := m.own(p.texts)
	out := psd.Picture{Merged: narrowed(p.img), Profile: m.profile(false), EXIF: m.exif(p.texts), Own: own.packed()}
	if own.xmp != "" {
		out.XMP = []byte(own.xmp)
	}
	if d := m.Density; len(d) == 9 && d[8] == 1 {
		out.PerMetre = [2]float64{float64(binary.BigEndian.Uint32(d)), float64(binary.BigEndian.Uint32(d[4:]))}
	}
	out.Layers = func(yield func(psd.Layer) bool) {
		yield(psd.Layer{Name: "Picture", Visible: true, Opacity: 1, Blend: composites[blend.Normal], Pixels: out.Merged})
	}
	if p.state != nil {
		out.Layers = layersOf(p.state)
	}
	return psd.Write(ctx, w, out)
}

// layersOf are a State's layers and groups, the lowest first, each with its own pixels where it
// lies.
func layersOf(s *canvas.State) iter.Seq[psd.Layer] {
	return func(yield func(psd.Layer) bool) {
		begun := map[canvas.LayerID]bool{}
		for _, l := range s.Layers {
			if l.Guide { // no part of the picture
				continue
			}
			for range newGroups(s, l, begun) {
				if !yield(psd.Layer{Ends: true}) {
					return
				}
			}
			if !yield(layerOf(l)) {
				return
			}
		}
	}
}

// newGroups are the groups that begin with a layer: those around it, or itself, of which
// nothing was there yet.
func newGroups(s *canvas.State, l *canvas.Layer, begun map[canvas.LayerID]bool) (out []canvas.LayerID) {
	for up := l; up != nil; up = s.Layer(up.Parent) {
		if up.Group && !begun[up.ID] {
			begun[up.ID] = true
			out = append(out, up.ID)
		}
		if up.Parent == 0 {
			break
		}
	}
	return out
}

func layerOf(l *canvas.Layer) psd.Layer {
	out := psd.Layer{Name: l.Name, Visible: l.Visible, Opacity: float64(l.Opacity) / 255, Blend: compositeOf(l.Blend), PassThrough: l.PassThrough, Collapsed: l.Collapsed, Clipped: l.Clip,
		LockAlpha: l.Lock&canvas.LockAlpha != 0, LockPixels: l.Lock&canvas.LockPixels != 0, LockPosition: l.Lock&canvas.LockPosition != 0}
	if !l.Group {
		out.Pixels = image.NewNRGBA(l.Used())
		if r := out.Pixels.Rect; !r.Empty() {
			l.Read(out.Pixels.Pix, out.Pixels.Stride, r)
			canvas.Unpremultiply(out.Pixels.Pix, out.Pixels.Pix)
		}
	}
	if m := l.Mask; m != nil {
		out.Mask = image.NewAlpha(m.Used())
		if !out.Mask.Rect.Empty() {
			m.Read(out.Mask.Pix, out.Mask.Stride, out.Mask.Rect)
		}
		out.Mask.Rect = out.Mask.Rect.Add(l.Offset)
		out.MaskOutside, out.MaskOff = m.Outside, m.Off
	}
	return out
}

// Normalised are the layers whose blend mode a form with layers has no name for: they become
// normal in it.
func (f Form) Normalised(s *canvas.State) (out []*canvas.Layer) {
	for _, l := range s.Layers {
		if f.Layers && !(l.Group && l.PassThrough) && !psd.Known(compositeOf(l.Blend)) {
			out = append(out, l)
		}
	}
	return out
}
