package file

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/canvas/render"
)

// Pictures of other painting programs (PSD, .kra) are opened: as a picture their flattened one
// counts, as a project their layers. Saving goes to another name, as for every file that would
// lose something (Project.Lossy); a PSD is exported (psdwrite.go).

// builder makes a State of layers, the lowest first.
type builder struct {
	doc     *canvas.Document
	edit    *canvas.Edit
	last    canvas.LayerID // 0: none yet
	notices []string
	lost    bool // a layer that could not be read
	groups  map[canvas.LayerID]bool
	ids     map[int]canvas.LayerID // by the file's numbers
	in      map[canvas.LayerID]int // the number of the group that a layer is in
}

func newBuilder() *builder {
	doc := canvas.New()
	return &builder{doc: doc, edit: doc.Begin("Open"), groups: map[canvas.LayerID]bool{}, ids: map[int]canvas.LayerID{}, in: map[canvas.LayerID]int{}}
}

func (b *builder) note(format string, a ...any) {
	const most = 50
	if len(b.notices) < most {
		b.notices = append(b.notices, fmt.Sprintf(format, a...))
	}
}

// add puts a layer on top, or a group (img is nil); kept are the bytes of its tiles.
func (b *builder) add(name string, visible bool, opacity float64, op string, img *image.NRGBA) (id canvas.LayerID, kept int64) {
	id = b.doc.State().Active
	if b.last != 0 {
		id = b.edit.AddLayer(name, b.last)
	}
	b.last = id
	mode, known := modeOf(op)
	if !known {
		b.note("The layer %q has the blend mode %q, which is unknown here, so it is shown as normal", name, op)
		mode = blend.Normal
	}
	b.edit.SetLayer(id, func(l *canvas.Layer) {
		l.Name, l.Visible, l.Opacity, l.Blend = name, visible, uint8(math.Round(opacity*255)), mode
	})
	if b.groups[id] = img == nil; img == nil {
		return id, 0
	}
	p := &Picture{src: newSource(img, false), w0: img.Rect.Dx(), h0: img.Rect.Dy(), Info: Info{Width: img.Rect.Dx(), Height: img.Rect.Dy(), Orientation: 1}}
	canvas.KeysIn(img.Rect, func(k canvas.TileKey) {
		if in := k.Rect().Intersect(img.Rect); painted(img, in) {
			kept += 4 * int64(k.Rect().Dx()*k.Rect().Dy())
			b.edit.PutTiles(id, in, func(dst []uint8, stride int, r image.Rectangle) { p.ReadRect(r.Sub(img.Rect.Min), dst, stride) })
		}
	})
	return id, kept
}

// place says which number of the file's a layer is, and that of the group that it is in, -1
// for none.
func (b *builder) place(number, in int, id canvas.LayerID) { b.ids[number], b.in[id] = id, in }

// mask gives a layer a mask, in document pixels; nil: none.
func (b *builder) mask(id canvas.LayerID, shows *image.Alpha, around uint8, off bool) {
	if shows == nil {
		return
	}
	m := canvas.NewLayerMask(shows, uint8(int8(around)>>7)) // to 0 or 255
	m.Off = off
	b.edit.SetLayerMask(id, m)
}

func lock(on bool, l canvas.Lock) canvas.Lock {
	if on {
		return l
	}
	return 0
}

// nested are the layers in their groups.
func (b *builder) nested(layers []*canvas.Layer) []*canvas.Layer {
	out := make([]*canvas.Layer, len(layers))
	for i, l := range layers {
		n := *l
		n.Group = b.groups[l.ID]
		if in, ok := b.in[l.ID]; ok && in >= 0 {
			n.Parent = b.ids[in]
		}
		out[i] = &n
	}
	return canvas.Arranged(out)
}

// painted says whether a part of a picture is not all transparent.
func painted(img *image.NRGBA, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[img.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for i := 3; i < len(row); i += 4 {
			if row[i] != 0 {
				return true
			}
		}
	}
	return false
}

// project is what has been added, as a project that is not saved over its file.
func (b *builder) project(program string, page image.Rectangle, m Meaning) (*Project, *Stored) {
	if b.last == 0 {
		b.note("It holds no layer that is read: an empty one was made")
	} else {
		b.edit.SetActive(b.last)
	}
	b.edit.SetFrame(page)
	b.edit.Commit()
	state := *b.doc.State()
	state.Layers = b.nested(state.Layers)
	state.Source = newSourceOf(m, nil, 0)
	p := &Project{State: &state, Program: program, Notices: b.notices, Lossy: true,
		Data: map[string][]json.RawMessage{}, Pictures: map[string]*image.NRGBA{}, Masks: map[string]*image.Alpha{}}
	return p, &Stored{state: p.State, layers: map[canvas.LayerID]*storedLayer{}, pictures: map[any]member{}, page: page}
}

// flattened is the page of a project as one picture.
func flattened(p *Project, page image.Rectangle) *image.NRGBA {
	return render.Flatten(p.State, page, render.FlattenOptions{})
}

// step reports progress and says whether to go on.
func step(ctx context.Context, report func(float64), done, of int) error {
	if report != nil {
		report(float64(done) / float64(max(of, 1)))
	}
	return ctx.Err()
}
