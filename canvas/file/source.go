package file

import (
	"bytes"
	"encoding/json"
	"image"
	"io"

	"pentimento/canvas"
	"pentimento/canvas/colour"
	"pentimento/fault"
)

// SourceOf is what a document keeps of a picture that was opened into a layer, whose own
// pixels begin at 0, 0; nil where the file says nothing and tiles hold all of it.
func SourceOf(p *Picture, layer canvas.LayerID) *canvas.Source {
	return newSourceOf(p.Meaning, p.Exact(), layer)
}

func newSourceOf(m Meaning, exact image.Image, layer canvas.LayerID) *canvas.Source {
	s := &canvas.Source{Profile: m.ICC(), Exact: exact, Layer: layer}
	if said, err := json.Marshal(m); err == nil && string(said) != "{}" { // bytes and texts
		s.Meaning = said
	}
	if s.Meaning == nil && exact == nil {
		return nil
	}
	return s
}

// Space is in which colour space the picture's pixels are; nil: sRGB, or one that is not
// known.
func (p *Picture) Space() *colour.Space {
	return (&canvas.Source{Profile: p.Meaning.ICC()}).Space()
}

// MeaningOf is what the file of a document said; the zero Meaning where it said nothing.
func MeaningOf(s *canvas.Source) Meaning {
	var m Meaning
	if s != nil && s.Meaning != nil {
		_ = json.Unmarshal(s.Meaning, &m) // of our own making
	}
	return m
}

// Finish is a flattened part of a State as a file gets it: with what the opened picture's
// file has there and tiles do not hold, wherever it has not changed. img may be written.
func Finish(s *canvas.State, img *image.NRGBA) image.Image {
	if s.Source == nil || s.Source.Exact == nil {
		return img
	}
	return MeaningOf(s.Source).Restore(img, s.Source.Exact, s.Source.At(s))
}

// readExact reads what the opened picture had and tiles do not hold.
func (o *opening) readExact(f *sheet) {
	err := error(fault.New("is missing", damaged))
	if f != nil {
		o.exact, err = f.exact()
	}
	if err != nil {
		o.exact = nil
		o.note(true, "What the picture has beyond 8 bits a channel is damaged: %v", err)
	}
}

// readSource puts the source together: ours, or what another program says of its pixels.
func (o *opening) readSource() {
	if o.doc == nil {
		m := o.foreignMeaning()
		m.Density = density(o.inch[0], o.inch[1], 0.0254)
		o.state.Source = newSourceOf(m, nil, 0)
		return
	}
	if d := o.doc.Source; d != nil {
		var m Meaning
		if d.Meaning != nil && json.Unmarshal(d.Meaning, &m) != nil {
			o.note(true, "What the picture's file said of its colours is damaged")
		}
		if said := density(o.inch[0], o.inch[1], 0.0254); said != nil && inches(m.Density) != inches(said) {
			m.Density = said // another program has changed it since
		}
		o.state.Source = newSourceOf(m, o.exact, d.Layer)
	}
}

// foreignMeaning is in which colours another program means its picture: those of the
// lowest layer that says it, or of the flattened one.
func (o *opening) foreignMeaning() Meaning {
	var members []string
	for _, l := range o.leaves {
		for _, p := range l.parts {
			members = append(members, p.src)
		}
	}
	for _, name := range append(members[:min(len(members), 64)], mergedMember) {
		f := o.a.members[name]
		if f == nil {
			continue
		}
		r, err := f.Open()
		if err != nil {
			continue
		}
		head, _ := io.ReadAll(io.LimitReader(r, foreignHead))
		r.Close()
		m := readMeaning(bytes.NewReader(head), "PNG").Without(nil, true)
		if m.Profile != nil || len(m.Colour) > 0 {
			return Meaning{Profile: m.Profile, Colour: m.Colour}
		}
	}
	return Meaning{}
}

// foreignHead is how far into a PNG its profile is looked for.
const foreignHead = 4 << 20
