package editor

import (
	"bytes"
	"context"
	"hash/maphash"
	"image"
	"image/png"
	"weak"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline/region"
)

// clipboard is what is known of the picture that was copied last.
type clipboard struct {
	busy  bool         // it is being packed
	paste func(func()) // where it is to be pasted once it is packed; nil: nowhere
	at    image.Rectangle
	of    weak.Pointer[canvas.Document] // that at is a place of; it does not hold one that is closed
	sum   uint64                        // of its pixels
	// png is there where the desktop's clipboard could not take it and went on holding
	// instead: it is pasted here all the same.
	png, instead []byte
}

var copySeed = maphash.MakeSeed()

// sumOf tells a picture from others, wherever it lies.
func sumOf(img *image.NRGBA) uint64 { return maphash.Bytes(copySeed, img.Pix) }

// Copy puts what is selected of the active layer (else what the mask covers, else all of it)
// on the system's clipboard: a PNG in the document's colours whose alpha is what that leaves.
func (e *Editor) Copy() {
	s := e.doc.State()
	e.copy(words.T("Copied"), s, s.Layer(s.Active))
}

// CopyMerged is Copy for all visible layers together.
func (e *Editor) CopyMerged() { e.copy(words.T("Copied"), e.doc.State(), nil) }

// Cut is Copy, and takes the pixels out of the layer in one step.
func (e *Editor) Cut() {
	s := e.doc.State()
	l := s.Layer(s.Active)
	if e.waitsForTrial() || e.locked(s.Active, canvas.LockPixels|canvas.LockAlpha) {
		return
	}
	if l == nil || e.copied.busy || copiedFrom(s, l).Empty() {
		e.Copy() // which says why not
		return
	}
	var mask *image.Alpha
	if g := s.Chosen(); g.Len() > 0 {
		mask = canvas.CoverImage(g, copiedFrom(s, l))
	}
	e.Edit("Cut", func(ed *canvas.Edit) { ed.Erase(l.ID, mask) })
	e.copy(words.T("Cut out"), s, l)
}

// copiedFrom is the rectangle of a State that is copied, of one layer or (nil) of all.
func copiedFrom(s *canvas.State, l *canvas.Layer) image.Rectangle {
	used := image.Rectangle{}
	if l != nil {
		used = l.Used()
	} else {
		used = s.Used()
	}
	if g := s.Chosen(); g.Len() > 0 {
		used = used.Intersect(canvas.CoverUsed(g))
	}
	return used
}

// copyOf is what is copied of a State, with straight alpha.
func copyOf(s *canvas.State, l *canvas.Layer, r image.Rectangle) *image.NRGBA {
	var img *image.NRGBA
	if l == nil {
		img = render.Flatten(s, r, render.FlattenOptions{})
	} else {
		img = image.NewNRGBA(r)
		l.Read(img.Pix, img.Stride, r)
		canvas.Unpremultiply(img.Pix, img.Pix)
	}
	if g := s.Chosen(); g.Len() > 0 {
		for i, m := range canvas.CoverImage(g, r).Pix {
			if p := img.Pix[4*i:][:4]; m == 0 {
				clear(p)
			} else {
				p[3] = canvas.Dim(p[3], m)
			}
		}
	}
	return img
}

// copy packs a part of a State beside the window's goroutine and hands it to the clipboard.
func (e *Editor) copy(said string, s *canvas.State, l *canvas.Layer) {
	r := copiedFrom(s, l)
	if e.Window == nil || e.copied.busy {
		return
	}
	if r.Empty() {
		e.Fail(fault.New("copy: nothing is there in the active layer, or in the selection or mask", "choose the layer with the pixels, or copy merged"))
		return
	}
	doc := weak.Make(e.doc)
	e.copied = clipboard{busy: true}
	e.Go("copy", func() {
		img := copyOf(s, l, r)
		var out bytes.Buffer
		err := file.MeaningOf(s.Source).Without(nil, true).EncodePNG(context.Background(), &out, img, nil, png.BestSpeed)
		sum := sumOf(img)
		e.Post(func() { e.packed(said, clipboard{at: r, of: doc, sum: sum}, out.Bytes(), err) })
	}, func(error) { e.copied = clipboard{} })
}

// packed puts a packed picture on the clipboard.
func (e *Editor) packed(said string, c clipboard, data []byte, err error) {
	paste := e.copied.paste
	if err == nil {
		err = e.Window.SetClipboard(data)
	}
	if err != nil && len(data) > 0 {
		c.png = data
		c.instead, _ = e.Window.Clipboard()
	}
	e.copied = c
	if !e.Fail(err) {
		e.Say(words.T("%s: %d × %d px", said, c.at.Dx(), c.at.Dy()))
	}
	if paste != nil {
		paste(e.Paste)
	}
}

// Paste places the clipboard's picture: one that was copied from this document lands where
// it was.
func (e *Editor) Paste() {
	if e.Window == nil {
		return
	}
	if e.copied.busy {
		e.copied.paste = e.Here()
		return
	}
	data, err := e.Window.Clipboard()
	if own := e.copied; own.png != nil && bytes.Equal(data, own.instead) {
		data, err = own.png, nil
	}
	if e.Fail(err) {
		return
	}
	p, err := file.Decode(context.Background(), bytes.NewReader(data), nil)
	if e.Fail(err) {
		return
	}
	a := arrived(p, nil)
	if at := e.copied.at; e.copied.of == weak.Make(e.doc) && at.Size() == a.Bounds().Size() && sumOf(a.NRGBA()) == e.copied.sum {
		a.home = at
	}
	if e.Empty() && a.home.Empty() {
		e.openPicture(a, "", nil)
		return
	}
	e.placeArrival(words.T("Pasted"), a, e.Centre())
}

// LayerByCopy lays what is selected (else masked, else all) of the active layer into a layer of
// its own. Fills in it stay known.
func (e *Editor) LayerByCopy() {
	e.Edit("New layer by copy", func(ed *canvas.Edit) {
		id := ed.Duplicate(ed.State().Active)
		s := ed.State()
		if g := s.Chosen(); id != 0 && g.Len() > 0 {
			ed.Erase(id, region.Invert(canvas.CoverImage(g, s.Layer(id).Used())))
		}
	})
}

// ClearSelected takes the selected pixels out of the active layer.
func (e *Editor) ClearSelected() {
	s := e.doc.State()
	if l := s.Layer(s.Active); l != nil && !e.waitsForTrial() {
		r := l.Used().Intersect(canvas.CoverUsed(s.Selection))
		e.Edit("Clear selected", func(ed *canvas.Edit) { ed.Erase(l.ID, canvas.CoverImage(s.Selection, r)) })
	}
}

// MaskAll masks the whole picture, or the frame where there is none.
func (e *Editor) MaskAll() {
	r := picture(e.doc.State())
	if tile := e.View().Tile; !tile.Empty() {
		r = tile
	}
	e.Edit("Mask all", func(ed *canvas.Edit) { ed.SetCover(canvas.CoverRect(r)) })
}
