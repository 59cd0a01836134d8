package journal

import (
	"fmt"
	"image"
	"math"
	"slices"
	"time"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// ref stands for a tile before its pixels are read: the history is first built of these,
// which is cheap, and only what is left of it is unpacked.
type ref struct{ num uint32 }

// sheet is a layer made of refs; props has its properties and no tiles.
type sheet struct {
	props  canvas.Layer
	placed uint32 // raster plus one
	rect   image.Rectangle
	tiles  canvas.Grid[ref]
	mask   canvas.Grid[ref] // of the layer's own mask, where props has one
}

// fill is an accepted fill made of refs.
type fill struct {
	origin canvas.Origin // without mask and tiles
	mask   uint32        // raster plus one
	laid   canvas.Grid[ref]
	made   *canvas.Origin // once its pixels are read
}

// sketch is a State made of refs.
type sketch struct {
	sheets  []*sheet
	active  canvas.LayerID
	mask    canvas.Grid[ref]
	frame   image.Rectangle
	refs    []uint32
	origins []uint32
	source  uint32 // plus one

	selection canvas.Grid[ref]
	channels  []channel

	guideLines []canvas.GuideLine
}

func (s *sketch) sheet(id canvas.LayerID) *sheet {
	if i := slices.IndexFunc(s.sheets, func(l *sheet) bool { return l.props.ID == id }); i >= 0 {
		return s.sheets[i]
	}
	return nil
}

// entry is a step of the history made of refs.
type entry struct {
	moment canvas.Moment // without State
	sketch *sketch
	size   int64
}

// noteRecord is a note whose pictures are not read yet.
type noteRecord struct {
	key    string
	data   []byte
	images []uint32
	sound  bool
}

// outline is the whole file as it ends, without pixels.
type outline struct {
	entries []entry
	at      int
	saved   int
	notes   []noteRecord
	meta    []byte
	clean   bool
	end     []byte
}

// maxLayers is far more than anyone stacks.
const maxLayers = 1 << 16

// parse reads the records up to the first that makes no sense.
func (r *reader) parse() error {
	o := &r.outline
	o.at, o.saved = -1, -1
	last := int64(headSize)
	for i, rec := range r.records {
		u := unpack{}
		if rec.sound || rec.kind == kindContent {
			u.b = r.payload(rec)
		} else {
			r.damaged++
			continue
		}
		end := rec.at + recordSize + int64(rec.length)
		err := r.one(rec, &u, end-last)
		if err == nil && u.bad {
			err = &Error{Text: fmt.Sprintf("record of kind %d at %d ends too early", rec.kind, rec.at)}
		}
		if err == errTooMuch {
			return err
		}
		if err != nil { // checksums fit, sense does not: nothing behind it can be trusted
			r.records = r.records[:i]
			r.torn, r.log.end, r.lost = r.size-rec.at, rec.at, r.lost || rec.at < r.log.synced
			break
		}
		if rec.kind == kindStep {
			last = end
		}
		o.clean = rec.kind == kindClean || o.clean && rec.kind == kindPad
	}
	if len(o.entries) == 0 {
		return &Error{Text: "found no step of history, want at least one"}
	}
	return nil
}

// one follows one record.
func (r *reader) one(rec record, u *unpack, size int64) error {
	o := &r.outline
	switch rec.kind {
	case kindContent:
		return r.readContent(rec, u.b)
	case kindRaster:
		return r.readRaster(u)
	case kindReference:
		return r.readReference(u)
	case kindOrigin:
		return r.readOrigin(u)
	case kindSource:
		return r.readSource(u)
	case kindStep:
		return r.readStep(u, size)
	case kindMove:
		if at := u.uint(); at < uint64(len(o.entries)) {
			o.at = int(at)
		} else {
			u.bad = true
		}
	case kindActivate:
		if id := canvas.LayerID(u.uint()); o.at >= 0 && o.entries[o.at].sketch.sheet(id) != nil {
			s := *o.entries[o.at].sketch
			s.active = id
			o.entries[o.at].sketch = &s
		}
	case kindNote:
		return r.readNote(u)
	case kindDrop:
		key := u.string()
		o.notes = slices.DeleteFunc(o.notes, func(n noteRecord) bool { return n.key == key })
	case kindMeta:
		o.meta = u.b
	case kindSaved:
		at := u.int()
		o.saved, o.meta = int(min(max(at, -1), int64(len(o.entries)-1))), u.bytes()
	case kindClean:
		o.end = u.b
	}
	return nil
}

func (r *reader) readContent(rec record, payload []byte) error {
	c, ok := parseContent(payload)
	if !ok {
		if rec.sound {
			return &Error{Text: fmt.Sprintf("content at %d is invalid", rec.at)}
		}
		return nil // its number is damaged too: what names it finds nothing
	}
	if !rec.sound {
		r.sick[c.num] = true
		return nil
	}
	p := place{c.num, rec.at, rec.length}
	r.contents[c.num], r.log.contents[c.hash] = p, p
	r.log.nextContent = max(r.log.nextContent, c.num+1)
	r.log.pixels += int64(c.size)
	return nil
}

func (r *reader) readRaster(u *unpack) error {
	num := uint32(u.uint())
	p := &raster{kind: u.byte(), rect: u.rect()}
	if w, h := int64(p.rect.Dx()), int64(p.rect.Dy()); w < 0 || h < 0 || w > 0 && h > math.MaxInt32/w {
		return &Error{Text: "a picture's size is invalid"}
	}
	for len(u.b) > 0 && !u.bad {
		p.pieces = append(p.pieces, uint32(u.uint()))
	}
	r.rasters[num], r.log.nextRaster = p, max(r.log.nextRaster, num+1)
	r.log.pixels += p.bytes()
	return nil
}

// bytes is the size of the pixels.
func (p *raster) bytes() int64 {
	n := int64(p.rect.Dx()) * int64(p.rect.Dy())
	switch p.kind {
	case rasterNRGBA:
		n *= 4
	case rasterDeep:
		n *= 8
	case rasterGrey:
		n *= 2
	}
	return n
}

func (r *reader) readReference(u *unpack) error {
	num := uint32(u.uint())
	name := u.string()
	img, err := r.picture(uint32(u.uint()))
	if err != nil {
		return err
	}
	pic, ok := img.(*image.NRGBA)
	if !ok {
		return &Error{Text: "a reference's picture is invalid"}
	}
	ref := &canvas.Reference{Name: name, Image: pic}
	if len(u.b) > 0 {
		ref.Image, ref.Layer = nil, canvas.LayerID(u.uint()-1)
	}
	r.refs[num], r.log.nextRef = ref, max(r.log.nextRef, num+1)
	return nil
}

func (r *reader) readOrigin(u *unpack) error {
	num := uint32(u.uint())
	f := &fill{origin: canvas.Origin{Rect: u.rect(), Layer: canvas.LayerID(u.uint()), Recipe: u.bytes(), Offset: u.point()}}
	if f.mask = uint32(u.uint()); f.mask > 0 {
		if p := r.rasters[f.mask-1]; p == nil || p.kind != rasterAlpha {
			return &Error{Text: "a fill names a missing mask"}
		}
	}
	var err error
	f.laid, err = r.readGrid(u, canvas.Grid[ref]{})
	r.origins[num], r.log.nextOrigin = f, max(r.log.nextOrigin, num+1)
	return err
}

func (r *reader) readNote(u *unpack) error {
	n := noteRecord{key: u.string(), data: u.bytes(), sound: true}
	for len(u.b) > 0 && !u.bad {
		n.images = append(n.images, uint32(u.uint()))
	}
	o := &r.outline
	if i := slices.IndexFunc(o.notes, func(m noteRecord) bool { return m.key == n.key }); i >= 0 {
		o.notes[i] = n
	} else {
		o.notes = append(o.notes, n)
	}
	return nil
}

func (r *reader) readStep(u *unpack, size int64) error {
	o := &r.outline
	base := &sketch{}
	if o.at >= 0 {
		base = o.entries[o.at].sketch
	}
	e := entry{size: size}
	e.moment.Label = u.string()
	e.moment.When = time.Unix(0, u.int())
	e.moment.Bytes = u.int()
	e.moment.Next = canvas.LayerID(u.uint())
	var err error
	if e.sketch, err = r.readSketch(u, base); err != nil {
		return err
	}
	if u.bad || len(e.sketch.sheets) == 0 {
		return &Error{Text: "a step is invalid"}
	}
	if o.saved > o.at {
		o.saved = -1
	}
	o.entries = append(o.entries[:o.at+1:o.at+1], e)
	o.at++
	return nil
}

func (r *reader) readSketch(u *unpack, base *sketch) (*sketch, error) {
	s := &sketch{active: canvas.LayerID(u.uint()), frame: u.rect()}
	if !near(s.frame) {
		return nil, &Error{Text: fmt.Sprintf("the frame is %v, further out than anybody paints", s.frame)}
	}
	n := u.count()
	if n > maxLayers || !r.take(int64(n)*16) {
		return nil, errTooMuch
	}
	for range n {
		l, err := r.readSheet(u, base)
		if err != nil {
			return nil, err
		}
		if s.sheet(l.props.ID) != nil {
			return nil, &Error{Text: fmt.Sprintf("layer %d is there twice", l.props.ID)}
		}
		s.sheets = append(s.sheets, l)
	}
	var err error
	if s.mask, err = r.readGrid(u, base.mask); err != nil {
		return nil, err
	}
	for range u.count() {
		s.refs = append(s.refs, uint32(u.uint()))
		if r.refs[s.refs[len(s.refs)-1]] == nil || !r.take(16) {
			return nil, &Error{Text: "a step names a missing reference"}
		}
	}
	for range u.count() {
		s.origins = append(s.origins, uint32(u.uint()))
		if r.origins[s.origins[len(s.origins)-1]] == nil || !r.take(16) {
			return nil, &Error{Text: "a step names a missing fill"}
		}
	}
	return s, r.readLater(u, s, base)
}

func (r *reader) readSheet(u *unpack, base *sketch) (*sheet, error) {
	id := canvas.LayerID(u.uint())
	old := base.sheet(id)
	l := &sheet{props: canvas.Layer{ID: id}}
	switch way := u.byte(); {
	case u.bad:
		return nil, &Error{Text: "a step ends too early"}
	case way == layerSame && old != nil:
		return old, nil
	case way == layerMore:
		if err := r.readMore(u, l, old); err != nil {
			return nil, err
		}
	case way != layerChanged:
		return nil, &Error{Text: fmt.Sprintf("layer %d is packed in an unknown way", id)}
	}
	l.props.Name, l.props.Visible, l.props.Opacity, l.props.Blend, l.props.Offset = u.string(), u.byte() != 0, u.byte(), blend.Mode(u.byte()), u.point()
	if !near(image.Rectangle{Min: l.props.Offset, Max: l.props.Offset}) {
		return nil, &Error{Text: fmt.Sprintf("layer %d is moved to %v, further out than anybody paints", id, l.props.Offset)}
	}
	if !slices.Contains(blend.Modes, l.props.Blend) {
		l.props.Blend = blend.Normal // of a newer minor version
	}
	if l.placed = uint32(u.uint()); l.placed > 0 {
		if l.rect = u.rect(); !near(l.rect) {
			return nil, &Error{Text: fmt.Sprintf("layer %d is placed at %v, further out than anybody paints", id, l.rect)}
		}
		if p := r.rasters[l.placed-1]; p == nil || p.kind != rasterNRGBA {
			return nil, &Error{Text: "a layer names a missing picture"}
		}
	}
	var before canvas.Grid[ref]
	if old != nil {
		before = old.tiles
	}
	var err error
	l.tiles, err = r.readGrid(u, before)
	return l, err
}
