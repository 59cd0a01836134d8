package fills

import (
	"image"

	"pentimento/app/desk"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// Attachment says how a picture of the strip counts in a fill. A picture that was never
// attached does not count at all: lying under the frame or in the strip is not enough.
//
// 2026-11-23: attachments are no steps of history: a slider would leave hundreds of them. They follow
// the picture through undo and redo, and are kept with the project.
type Attachment struct {
	On         bool
	Weight     float64         // 0..2
	Start, End float64         // the part of the sampling in which it acts, 0..1
	Crop       image.Rectangle // pixels of the picture; empty: all of it

	Kind     string  `json:",omitempty"` // of Ways; "": the first
	Model    string  `json:",omitempty"` // path of the network's file, where the way needs one
	Module   string  `json:",omitempty"` // of the way's Modules; "": the usual
	Type     string  `json:",omitempty"` // what its map is, for a Union net: of UnionTypes; "": what the module makes
	Mode     string  `json:",omitempty"` // what counts more: a name of pipeline.Guide.Mode
	Region   string  `json:",omitempty"` // the area of the region in which it acts; "": everywhere
	Fidelity float64 `json:",omitempty"` // 0..1, with a Module

	// instead is the guide layer that is followed in its stead: while that is there, it is not On.
	instead canvas.LayerID
}

// Attachment is how a picture of the strip is attached.
func (f *Fills) Attachment(r *canvas.Reference) Attachment {
	return f.attachment(f.canvas.Committed(), r)
}

func (f *Fills) attachment(state *canvas.State, r *canvas.Reference) Attachment {
	a, ok := f.links[r]
	if !ok {
		return Attachment{Weight: 1, End: 1}
	}
	a.On = a.On && (a.instead == 0 || state.Layer(a.instead) == nil)
	return a
}

// FollowInstead has a guide layer followed in the stead of an entry, until the layer is gone, as by undo, or the
// entry is attached again.
func (f *Fills) FollowInstead(r *canvas.Reference, id canvas.LayerID, change func(*Attachment)) {
	a := f.Attachment(r)
	if of := f.canvas.Committed().GuideOf(id); of != nil {
		f.Attach(of, func(to *Attachment) { *to = a; to.instead = 0; change(to) })
	}
	if a.On {
		a.instead = id
		f.links[r] = a
		f.desk.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged})
	}
}

// Attach changes how a picture of the strip counts. Values beyond their range are brought
// to it; a crop outside the picture is none.
func (f *Fills) Attach(r *canvas.Reference, change func(*Attachment)) {
	old := f.Attachment(r)
	a := old
	change(&a)
	a.Weight = min(max(a.Weight, 0), 2)
	a.Start = min(max(a.Start, 0), 1)
	a.End = min(max(a.End, a.Start), 1)
	var whole image.Rectangle
	if r.Image != nil {
		whole = r.Image.Rect
	}
	if a.Crop = a.Crop.Intersect(whole); a.Crop == whole {
		a.Crop = image.Rectangle{}
	}
	if !a.Way().Places {
		a.Region = ""
	}
	if a == old {
		return
	}
	switch {
	case a.On:
		a.instead = 0
	case f.links[r].On && !old.On: // another number of one that a layer stands for
		a.On = true
	}
	if f.links == nil {
		f.links = map[*canvas.Reference]Attachment{}
	}
	f.links[r] = a
	f.desk.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged})
}

// Attached are the pictures that count in the next fill, in the strip's order.
func (f *Fills) Attached() []*canvas.Reference {
	return f.followed(f.canvas.Committed())
}

// ways are in which way each of them counts.
func (f *Fills) ways() []Attachment {
	var out []Attachment
	for _, r := range f.Attached() {
		out = append(out, f.links[r])
	}
	return out
}

// attached are those that act in a region, "" for everywhere, as a Request carries them, and whose they are; those
// that are taken of the canvas have no picture yet (takeAll).
func (f *Fills) attached(state *canvas.State, area string) (out []pipeline.Guide, of []*canvas.Reference) {
	for _, r := range f.followed(state) {
		if a := f.links[r]; a.Region == area {
			out, of = append(out, f.guide(state, r, a)), append(of, r)
		}
	}
	return out, of
}

// Follow attaches a picture in a way, with its usual numbers, or in another way than so far.
func (f *Fills) Follow(r *canvas.Reference, kind string) {
	f.Attach(r, func(a *Attachment) {
		a.On, a.Kind, a.Module, a.Model, a.Type, a.Mode, a.Fidelity = true, kind, "", "", "", "", 0
	})
}

// Kept is how a picture of the strip was attached at any time; false where it never was.
func (f *Fills) Kept(r *canvas.Reference) (Attachment, bool) {
	_, ok := f.links[r]
	a := f.Attachment(r)
	a.instead = 0 // files number layers anew
	return a, ok
}
