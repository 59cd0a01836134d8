package ui

import (
	"image"
	"sync"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/canvas/render"
)

// thumbSide is a thumbnail's longest side in device pixels.
const thumbSide = 56

// layerThumbs makes the thumbnails of layers and masks on a goroutine of its own; until one is
// there the layer's last one stands. Its methods belong to the window's goroutine.
type layerThumbs struct {
	desk  *desk.Desk
	ready func() // some are there that were not
	shown map[canvas.LayerID]*layerThumb

	mu      sync.Mutex
	wanted  *canvas.State // the newest State that is to be shown
	number  int           // of the document: in another the same LayerID is another layer
	working bool
}

type layerThumb struct {
	layer *canvas.Layer // of which they are
	img   image.Image
	mask  image.Image
}

func newLayerThumbs(d *desk.Desk, ready func()) *layerThumbs {
	return &layerThumbs{desk: d, ready: ready, shown: map[canvas.LayerID]*layerThumb{}}
}

func (t *layerThumbs) of(l *canvas.Layer) image.Image {
	if have := t.shown[l.ID]; have != nil {
		return have.img
	}
	return nil
}

func (t *layerThumbs) ofMask(l *canvas.Layer) image.Image {
	if have := t.shown[l.ID]; have != nil {
		return have.mask
	}
	return nil
}

// forget drops them: another document is shown.
func (t *layerThumbs) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted = nil
	t.number++
	clear(t.shown)
}

// want asks for the thumbnails of a State's layers, in place of any other State's.
func (t *layerThumbs) want(s *canvas.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wanted = s; t.working {
		return
	}
	t.working = true
	have := map[canvas.LayerID]*canvas.Layer{}
	for id, th := range t.shown {
		have[id] = th.layer
	}
	number := t.number
	t.desk.Go("thumbnails", func() { t.work(have, number) }, func(error) { // the next State is tried again
		t.mu.Lock()
		t.working = false
		t.mu.Unlock()
	})
}

// work makes what is wanted until nothing is; have is which layers of a document are shown.
func (t *layerThumbs) work(have map[canvas.LayerID]*canvas.Layer, number int) {
	for {
		t.mu.Lock()
		s := t.wanted
		if t.wanted = nil; s == nil {
			t.working = false
			t.mu.Unlock()
			return
		}
		if number != t.number {
			number = t.number
			clear(have)
		}
		t.mu.Unlock()
		of, made := number, map[canvas.LayerID]*layerThumb{}
		for _, l := range s.Layers {
			if have[l.ID] == l {
				continue
			}
			th := &layerThumb{layer: l, mask: maskThumb(l)}
			if img := render.Thumbnail(s, l.ID, thumbSide); img != nil && !l.Group { // nil: the layer is empty
				th.img = onGrey(img)
			}
			made[l.ID], have[l.ID] = th, l
		}
		if len(made) > 0 {
			t.desk.Post(func() {
				if of != t.number {
					return
				}
				for id, th := range made {
					t.shown[id] = th
				}
				t.ready()
			})
		}
	}
}

// onGrey lays a thumbnail on middle grey, on which dark and bright strokes are seen in both
// themes.
func onGrey(img *image.NRGBA) image.Image {
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4]
		for c := range 3 {
			p[c] = uint8((uint32(p[c])*uint32(p[3]) + 0x9a*uint32(255-p[3]) + 127) / 255)
		}
		p[3] = 255
	}
	return img
}

// maskThumb is a layer's mask where the layer, or else the mask, is; nil where it has none.
func maskThumb(l *canvas.Layer) image.Image {
	if l.Mask == nil {
		return nil
	}
	r := l.Used().Sub(l.Offset).Union(l.Mask.Used())
	if r.Empty() {
		r = image.Rect(0, 0, 1, 1)
	}
	w, h := thumbSide, thumbSide
	if r.Dx() > r.Dy() {
		h = max(1, thumbSide*r.Dy()/r.Dx())
	} else {
		w = max(1, thumbSide*r.Dx()/r.Dy())
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			at := r.Min.Add(image.Pt((2*x+1)*r.Dx()/(2*w), (2*y+1)*r.Dy()/(2*h)))
			l.Mask.Read(img.Pix[y*img.Stride+x:], 1, image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		}
	}
	return img
}
