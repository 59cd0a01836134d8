package fills

import (
	"image"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// Region is a painted area with a text of its own. Where it lies is a saved selection of the picture,
// which history, project and journal keep.
//
// 2026-11-28: the rest is no step of history, as with attachments: each letter of a prompt would be one.
// It stays known by the area's name, so that a removed region comes back whole with undo.
type Region struct {
	Area     string // canvas.Channel.Name
	Name     string // for people
	Prompt   string
	Negative string  `json:",omitempty"` // "": the panel's
	Weight   float64 // above 0, against other regions that are mixed; 1 is the usual
	Over     bool    `json:",omitempty"` // it is laid over the others
	Feather  int     `json:",omitempty"` // canvas pixels, 0..MaxRegionFeather
	Off      bool    `json:",omitempty"`
	Colour   int     `json:",omitempty"` // in which it is shown: of a palette
}

// The limits of Region.Weight and Region.Feather that the panel keeps to.
const (
	MinRegionWeight  = 0.05
	MaxRegionWeight  = 10
	MaxRegionFeather = 512
)

// Regional is what a picture's regions are besides where they lie.
type Regional struct {
	Regions []Region `json:",omitempty"` // also of those that undo would bring back
	Base    float64  `json:",omitempty"` // the share, 0..1, that the prompt keeps where regions are mixed
}

// Regional is all of it.
func (f *Fills) Regional() Regional { return f.regional }

// SetRegional takes what was kept.
func (f *Fills) SetRegional(r Regional) {
	f.regional = Regional{slices.Clone(r.Regions), min(max(r.Base, 0), 1)}
	for i := range f.regional.Regions {
		f.regional.Regions[i].bound()
	}
	f.regionsChanged()
}

// In is what of it a State holds: what goes out with a file.
func (r Regional) In(s *canvas.State) Regional {
	r.Regions = slices.DeleteFunc(slices.Clone(r.Regions), func(one Region) bool { return s.Channel(one.Area) < 0 })
	return r
}

// Regions are those of the picture, in their order.
func (f *Fills) Regions() []Region { return f.regional.In(f.canvas.Committed()).Regions }

// Region is the one of an area.
func (f *Fills) Region(area string) (Region, bool) {
	if i := f.regionAt(area); i >= 0 && f.canvas.Committed().Channel(area) >= 0 {
		return f.regional.Regions[i], true
	}
	return Region{}, false
}

func (f *Fills) regionAt(area string) int {
	return slices.IndexFunc(f.regional.Regions, func(r Region) bool { return r.Area == area })
}

// AddRegion makes a region of a cover, which may be empty, and returns its area. with may change more in
// the same step of history.
func (f *Fills) AddRegion(cover canvas.Grid[canvas.MaskTile], with func(*canvas.Edit)) (area string) {
	area, n := f.newArea()
	f.step("New region", func(ed *canvas.Edit) {
		ed.SetChannel(area, cover)
		if with != nil {
			with(ed)
		}
	})
	f.regional.Regions = append(slices.Clone(f.regional.Regions), Region{Area: area, Name: words.T("Region %d", n), Weight: 1, Colour: n - 1})
	f.regionsChanged()
	return area
}

// ChangeRegion changes the region of an area; values beyond their limits are brought to them.
func (f *Fills) ChangeRegion(area string, change func(*Region)) {
	i := f.regionAt(area)
	if i < 0 {
		return
	}
	r := f.regional.Regions[i]
	change(&r)
	r.Area = area
	if r.bound(); r == f.regional.Regions[i] {
		return
	}
	f.regional.Regions = slices.Clone(f.regional.Regions)
	f.regional.Regions[i] = r
	f.regionsChanged()
}

func (r *Region) bound() {
	if !(r.Weight >= MinRegionWeight) { // none, or no number
		r.Weight = MinRegionWeight
	}
	r.Weight = min(r.Weight, MaxRegionWeight)
	r.Feather, r.Colour = min(max(r.Feather, 0), MaxRegionFeather), max(r.Colour, 0)
}

// SetRegionBase says which share the prompt keeps where regions are mixed.
func (f *Fills) SetRegionBase(v float64) {
	if v = min(max(v, 0), 1); v != f.regional.Base {
		f.regional.Base = v
		f.regionsChanged()
	}
}

// MoveRegion moves a region by one place among those of the picture.
func (f *Fills) MoveRegion(area string, by int) {
	here := f.Regions()
	i := slices.IndexFunc(here, func(r Region) bool { return r.Area == area })
	if j := i + by; i >= 0 && j >= 0 && j < len(here) {
		all := slices.Clone(f.regional.Regions)
		a, b := f.regionAt(area), f.regionAt(here[j].Area)
		all[a], all[b] = all[b], all[a]
		f.regional.Regions = all
		f.regionsChanged()
	}
}

// CoverRegion changes where a region lies: one step of history.
func (f *Fills) CoverRegion(area, label string, cover canvas.Grid[canvas.MaskTile]) {
	if _, ok := f.Region(area); ok {
		f.step(label, func(ed *canvas.Edit) { ed.SetChannel(area, cover) })
	}
}

// RemoveRegion takes a region from the picture; undo brings it back with its texts.
func (f *Fills) RemoveRegion(area string) {
	if _, ok := f.Region(area); ok {
		f.step("Remove region", func(ed *canvas.Edit) { ed.RemoveChannel(area) })
	}
}

func (f *Fills) step(label string, change func(*canvas.Edit)) {
	f.canvas.SettleTool()
	ed := f.canvas.Begin(label)
	change(ed)
	f.canvas.Changed(ed.Commit(), 0)
}

func (f *Fills) regionsChanged() {
	f.checked = nil
	f.desk.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged})
}

// acting is a region that a fill is made with, and where it lies.
type acting struct {
	pipeline.Region
	cover   canvas.Grid[canvas.MaskTile]
	follows []*canvas.Reference // whose its guides are
}

// acting are the regions that touch what a fill may change: each costs an evaluation a step.
func (f *Fills) acting(state *canvas.State, out Outline) (all []acting) {
	if !f.models.Generates() || out.Err != nil {
		return nil
	}
	for _, r := range f.regional.In(state).Regions {
		cover := state.Channels[state.Channel(r.Area)].Cover
		if !r.Off && out.reaches(cover, r.Feather, state) {
			one := acting{Region: pipeline.Region{Name: r.Name, Prompt: strings.TrimSpace(r.Prompt), Negative: strings.TrimSpace(r.Negative), Weight: r.Weight, Over: r.Over, Feather: r.Feather}, cover: cover}
			one.Guides, one.follows = f.attached(state, r.Area)
			all = append(all, one)
		}
	}
	return all
}

// touches says whether a cover has a pixel in a rectangle.
func touches(g canvas.Grid[canvas.MaskTile], r image.Rectangle) bool {
	if !g.Bounds().Overlaps(r) {
		return false
	}
	found := false
	g.Each(func(k canvas.TileKey, t *canvas.MaskTile) {
		in := k.Rect().Intersect(r)
		for y := in.Min.Y; y < in.Max.Y && !found; y++ {
			at := y&(canvas.TileSize-1)*canvas.TileSize + in.Min.X&(canvas.TileSize-1)
			found = slices.ContainsFunc(t.Pix[at:at+in.Dx()], func(v uint8) bool { return v != 0 })
		}
	})
	return found
}

// cut are the regions of a request that reads r: a region's edge is softened by what lies beyond it. A
// record says where they lie in the whole frame.
func cut(all []acting, r, frame image.Rectangle) (out []pipeline.Region) {
	for _, a := range all {
		a.Mask = canvas.CoverImage(a.cover, frame)
		a.Region = a.Recorded(frame)
		a.Mask = canvas.CoverImage(a.cover, r.Inset(-a.Feather))
		out = append(out, a.Region)
	}
	return out
}

// uncut are the same for a check, which looks at no pixel of theirs.
func uncut(all []acting) (out []pipeline.Region) {
	for _, a := range all {
		a.Mask = image.NewAlpha(image.Rect(0, 0, 1, 1))
		out = append(out, a.Region)
	}
	return out
}

// RegionsActing is how many regions the next fill is made with, and of how many that are switched on.
// An engine that reads no words is made with none.
func (f *Fills) RegionsActing() (n, of int) {
	for _, r := range f.Regions() {
		if !r.Off {
			of++
		}
	}
	if of == 0 {
		return 0, 0
	}
	return len(f.acting(f.canvas.Committed(), f.Outline())), of
}
