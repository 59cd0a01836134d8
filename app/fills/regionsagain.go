package fills

import (
	"bytes"
	"cmp"
	"image"
	"slices"
	"strconv"

	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// RegionsAgain makes the regions of a request those of the picture, which lay in frame: one that is there
// under its name and lies so stays as it was painted, one that is not is made, all others are switched off.
// Where they lie is found beside the window's goroutine, and laid in one step of history; then is called on it,
// gone naming those that the frame holds nothing of. Another document meanwhile, and nothing is done.
func (f *Fills) RegionsAgain(regions []pipeline.Region, base float64, frame image.Rectangle, then func(gone []string)) {
	here, used := f.Regions(), map[string]bool{}
	all := make([]again, len(regions))
	for i, r := range regions {
		name := cmp.Or(r.Name, words.T("Region %d", i+1))
		all[i] = again{region: r, name: name, number: i}
		if at := slices.IndexFunc(here, func(h Region) bool { return h.Name == name && !used[h.Area] }); at >= 0 {
			all[i].area = here[at].Area
			used[here[at].Area] = true
		}
	}
	if len(regions) == 0 {
		f.layAgain(all, base, then)
		return
	}
	state, epoch := f.canvas.Committed(), f.epoch
	f.desk.Go(words.T("recipe"), func() {
		for i := range all {
			all[i].find(state, frame)
		}
		f.desk.Post(func() {
			if f.epoch == epoch {
				f.layAgain(all, base, then)
			}
		})
	}, nil)
}

// again is a region of a record.
type again struct {
	region  pipeline.Region
	name    string
	number  int
	area    string // of the picture's that has its name; "": none
	cover   canvas.Grid[canvas.MaskTile]
	nowhere bool // its cover is empty
	stays   bool // the picture's lies as the record says, as exactly as records do
}

// find finds where it lies.
func (a *again) find(state *canvas.State, frame image.Rectangle) {
	a.cover = canvas.Cover(a.region.Area(frame))
	a.nowhere = canvas.CoverUsed(a.cover).Empty()
	if i := state.Channel(a.area); i >= 0 {
		now := pipeline.Region{Mask: canvas.CoverImage(state.Channels[i].Cover, frame)}.Recorded(frame)
		a.stays = a.nowhere || now.Box == a.region.Box && bytes.Equal(now.Shape, a.region.Shape)
	}
}

// layAgain lays them.
func (f *Fills) layAgain(all []again, base float64, then func(gone []string)) {
	var gone []string
	before, used := f.Regions(), map[string]bool{}
	covers := map[string]canvas.Grid[canvas.MaskTile]{}
	var order []string
	for _, a := range all {
		if _, ok := f.Region(a.area); !ok {
			a.area, a.stays = "", false
		}
		if a.area == "" && a.nowhere {
			gone = append(gone, a.name)
			continue
		}
		if a.area == "" {
			a.area, _ = f.newArea()
			f.regional.Regions = append(slices.Clone(f.regional.Regions), Region{Area: a.area, Weight: 1, Colour: f.colourOf(a.name, a.number)})
		}
		if !a.stays {
			covers[a.area], order = a.cover, append(order, a.area)
		}
		used[a.area] = true
		f.regional.Regions = slices.Clone(f.regional.Regions)
		to, r := &f.regional.Regions[f.regionAt(a.area)], a.region
		to.Name, to.Prompt, to.Negative, to.Weight, to.Over, to.Feather, to.Off = a.name, r.Prompt, r.Negative, r.Weight, r.Over, r.Feather, false
		to.bound()
	}
	if len(order) > 0 {
		f.step("Regions of a recipe", func(ed *canvas.Edit) {
			for _, area := range order {
				ed.SetChannel(area, covers[area])
			}
		})
	}
	for _, h := range before {
		if !used[h.Area] {
			f.ChangeRegion(h.Area, func(to *Region) { to.Off = true })
		}
	}
	f.SetRegionBase(base)
	f.regionsChanged()
	then(gone)
}

// newArea is the name of an area that no region had, and its number.
func (f *Fills) newArea() (area string, n int) {
	for n = 1; ; n++ {
		if area = "region" + strconv.Itoa(n); f.canvas.Committed().Channel(area) < 0 && f.regionAt(area) < 0 {
			return area, n
		}
	}
}

// colourOf is the colour of a region of a record: that of one that was here under its name, else its number's, so
// that it has the same whenever the record comes back.
func (f *Fills) colourOf(name string, number int) int {
	for _, r := range slices.Backward(f.regional.Regions) {
		if r.Name == name {
			return r.Colour
		}
	}
	return number
}
