package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io"

	"pentimento/canvas"
	"pentimento/canvas/disk"
)

// Contents says what a project file holds. No pixel is decoded for it.
type Contents struct {
	Program       string // "" for another program's file
	Format        [2]int // of our members; 0.0 for another program's file
	Width, Height int    // of the OpenRaster image
	Layers        []LayerFacts
	Frame         image.Rectangle
	Mask          bool
	References    []string
	Fills         int            // accepted fills it tells of
	Data          map[string]int // the program's lists and how long they are
	Foreign       []string       // members that neither OpenRaster nor we know
	Notices       []string       // what is damaged or cannot be kept
}

// LayerFacts describes one layer; the first of Contents is the lowest.
type LayerFacts struct {
	Name    string
	Visible bool
	Opacity float64         // 0..1
	Mode    string          // our name, or the file's where it has none here
	Rect    image.Rectangle // of its pictures, in pixels of the OpenRaster image
}

// ReadContents lists what the project file that r reads holds; false where it is none.
func ReadContents(r io.ReadSeeker) (*Contents, bool, error) {
	var head [4]byte
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, false, disk.Plain(err)
	}
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:]) != zipMagic {
		return nil, false, nil // its own reader says what it is
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, true, disk.Plain(err)
	}
	at, ok := r.(io.ReaderAt)
	if !ok {
		at = &seekingAt{r}
	}
	a, err := openProjectArchive(at, size)
	if err != nil {
		return nil, true, err
	}
	if a.krita {
		return nil, false, nil
	}
	o := &opening{a: a, p: &Project{}, out: &Stored{layers: map[canvas.LayerID]*storedLayer{}}, state: &canvas.State{}}
	if err := o.readDoc(); err != nil {
		return nil, true, err
	}
	if err := o.readStack(); err != nil {
		return nil, true, err
	}
	c := &Contents{Data: map[string]int{}}
	if size, _, ok := a.page(); ok {
		c.Width, c.Height = size.X, size.Y
	}
	for _, l := range o.leaves {
		c.Layers = append(c.Layers, o.facts(l))
	}
	o.readOrigins()
	c.Fills = len(o.state.Origins)
	if d := o.doc; d != nil {
		c.Program, c.Format, c.Frame, c.Mask = d.Program, d.Format, d.Frame, d.Mask != nil
		for _, r := range d.References {
			c.References = append(c.References, r.Name)
		}
		o.p.Data = map[string][]json.RawMessage{}
		o.readData()
		for name, list := range o.p.Data {
			c.Data[name] = len(list)
		}
	}
	o.keepForeign()
	for _, f := range o.out.others {
		c.Foreign = append(c.Foreign, f.member.name)
	}
	c.Notices = o.notices
	return c, true, nil
}

// facts describes a leaf by the headers of its pictures.
func (o *opening) facts(l *leaf) LayerFacts {
	f := LayerFacts{Name: l.name, Visible: l.visible, Opacity: l.opacity, Mode: l.op}
	if m, ok := modeOf(l.op); ok {
		f.Mode = m.String()
	}
	for _, p := range l.parts {
		m := o.a.members[p.src]
		if m == nil {
			o.note(true, "The picture %s of the layer %q is missing", baseName(p.src), f.Name)
			continue
		}
		size, err := pngSize(m.Open)
		if err != nil {
			o.note(true, "The layer %q is damaged: %v", f.Name, err)
			continue
		}
		f.Rect = f.Rect.Union(image.Rectangle{Max: size}.Add(image.Pt(p.x, p.y)))
	}
	return f
}

func pngSize(open func() (io.ReadCloser, error)) (image.Point, error) {
	r, err := open()
	if err != nil {
		return image.Point{}, err
	}
	defer r.Close()
	var b [pngHeader]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return image.Point{}, fmt.Errorf("it ends within its header")
	}
	f, err := readHead(bytes.NewReader(b[:]))
	return image.Pt(f.w, f.h), err
}
