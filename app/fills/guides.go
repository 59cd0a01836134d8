package fills

import (
	"context"
	"image"
	"path/filepath"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
	"pentimento/pipeline/preprocess"
)

// Module is what can be made of a picture.
type Module = pipeline.GuideModule

// Way is a way in which a fill can follow a picture of the strip.
type Way struct {
	Kind    string // Attachment.Kind
	Label   string
	Files   []string // kinds of files of the library that it needs one of; none: it needs none
	Modules []pipeline.GuideModule
	Degrees bool // it can be followed more or less closely: Attachment.Fidelity
	Places  bool // it can act in a region alone: Attachment.Region
}

// Ways are all of them, the usual one first.
func Ways() (out []Way) {
	files := map[string][]string{pipeline.GuideControl: {"controlnet", "t2i_adapter"}}
	labels := map[string]string{
		pipeline.GuideReference: words.T("Look, read by the model itself"),
		pipeline.GuideControl:   words.T("Structure, by a ControlNet or T2I-Adapter"),
	}
	for _, k := range pipeline.GuideKinds {
		if !k.Read() {
			continue
		}
		w := Way{Kind: k.Name, Label: labels[k.Name], Files: files[k.Name], Modules: k.Modules(), Degrees: k.Name == pipeline.GuideReference, Places: k.Name != pipeline.GuideReference}
		if w.Label == "" {
			w.Label = words.T("Look, by an %s", k.Label)
		}
		if k.File && w.Files == nil {
			w.Files = []string{"ip_adapter"}
		}
		out = append(out, w)
	}
	return out
}

// Way is the one of an attachment.
func (a Attachment) Way() Way {
	all := Ways()
	i := max(slices.IndexFunc(all, func(w Way) bool { return w.Kind == a.Kind }), 0)
	return all[i]
}

// guide is what a Request carries of an attached picture.
func (a Attachment) guide(state *canvas.State, r *canvas.Reference) pipeline.Guide {
	w := a.Way()
	g := pipeline.Guide{Kind: w.Kind, Name: title(state, r), Weight: a.Weight, Start: a.Start, End: a.End, Crop: a.Crop, Mode: a.Mode, Image: r.Image, Placed: r.Image == nil}
	if len(w.Files) > 0 {
		g.Model = a.Model
	}
	if slices.ContainsFunc(w.Modules, func(m pipeline.GuideModule) bool { return m.Name == a.Module }) {
		g.Preprocessor = a.Module
		if w.Degrees {
			g.Fidelity = a.Fidelity
		}
	}
	return g
}

// guide is Attachment.guide with the preprocessor's networks, as far as they are here.
func (f *Fills) guide(state *canvas.State, r *canvas.Reference, a Attachment) pipeline.Guide {
	g := a.guide(state, r)
	g.Network = f.models.NetworkOf(a.parts())
	if kinds, known := f.UnionTypes(g.Model); !known || len(kinds) > 0 {
		g.Type = a.Type
	}
	return g
}

// UnionTypes are the kinds of maps that a Union net's file tells apart, none where it is none; known is false while
// that is being looked up, which ends with desk.FillChanged.
func (f *Fills) UnionTypes(path string) (kinds []string, known bool) {
	if path == "" {
		return nil, true
	}
	if u := f.unions[path]; u != nil {
		return u.kinds, u.known
	}
	if f.unions == nil {
		f.unions = map[string]*unionLook{}
	}
	u := &unionLook{}
	f.unions[path] = u
	told := func(kinds []string) {
		u.kinds, u.known, f.checked = kinds, true, nil
		f.desk.Tell(desk.Change{What: desk.FillChanged})
	}
	f.desk.Go(words.T("map"), func() {
		found := pipeline.GuideTypes(path)
		f.desk.Post(func() { told(found) })
	}, func(error) { told(nil) })
	return nil, false
}

// unionLook is what is known of a file.
type unionLook struct {
	kinds []string
	known bool
}

// TypeLabel is a kind of map in words.
func TypeLabel(kind string) string {
	return map[string]string{"openpose": words.T("a pose"), "depth": words.T("depth"), "softedge": words.T("soft edges or a scribble"), "canny": words.T("thin lines"),
		"normal": words.T("normals"), "segment": words.T("a segmentation"), "tile": words.T("the picture to keep to (tile)"), "inpaint": words.T("the picture around the mask")}[kind]
}

// TypeOfModule is the kind of map that the attachment's preprocessor makes, "" where any can be meant.
func (a Attachment) TypeOfModule() string { return pipeline.Guide{Preprocessor: a.Module}.TypeOf() }

// module is the attachment's preprocessor.
func (a Attachment) module() (m Module) {
	all := a.Way().Modules
	if i := slices.IndexFunc(all, func(m Module) bool { return m.Name == a.Module }); i >= 0 {
		m = all[i]
	}
	return m
}

// parts are the files of the networks that it runs.
func (a Attachment) parts() []string { return a.module().Parts }

// Points says that the map is drawn from people's points, which People gives.
func (f *Fills) Points(r *canvas.Reference) bool {
	_, ok := f.Runner.(mapper)
	return ok && f.Attachment(r).module().Points
}

// mapper is a Runner that also makes maps by preprocessors' networks.
type mapper interface {
	Map(ctx context.Context, g pipeline.Guide) (*image.NRGBA, error)
	People(ctx context.Context, g pipeline.Guide) ([]preprocess.Pose, error)
}

// FollowAgain attaches the pictures of the strip as the guides of a request and of its regions were, by their names,
// and lets go of all others; RegionsAgain comes first. left names the guides whose pictures are not in the strip: they
// wait for them.
func (f *Fills) FollowAgain(guides []pipeline.Guide, regions []pipeline.Region) (left []string) {
	var gone []pipeline.Guide
	var areas []string // of gone
	add := func(area string, all []pipeline.Guide) {
		for _, g := range all {
			if g.Weight != 0 {
				gone, areas = append(gone, g), append(areas, area)
			}
		}
	}
	add("", guides)
	for _, r := range regions {
		for _, h := range f.Regions() {
			if h.Name == r.Name && !h.Off {
				add(h.Area, r.Guides)
				break
			}
		}
	}
	for _, r := range f.canvas.Committed().References {
		i := slices.IndexFunc(gone, func(g pipeline.Guide) bool { return g.Name == f.Title(r) })
		if i < 0 {
			f.Attach(r, func(a *Attachment) { a.On = false })
			continue
		}
		g, area := gone[i], areas[i]
		gone, areas = slices.Delete(gone, i, i+1), slices.Delete(areas, i, i+1)
		f.Attach(r, func(a *Attachment) {
			*a = Attachment{On: true, Weight: g.Weight, Start: g.Start, End: g.End, Crop: g.Crop, Kind: g.Kind, Module: g.Preprocessor, Type: g.Type, Mode: g.Mode, Fidelity: g.Fidelity, Model: a.Model, Region: area}
			if g.Model != "" && filepath.Base(a.Model) != filepath.Base(g.Model) { // a record knows its name alone
				a.Model = ""
				for _, path := range f.GuideFiles(*a) {
					if filepath.Base(path) == filepath.Base(g.Model) {
						a.Model = path
					}
				}
			}
		})
	}
	f.Await(gone, areas)
	for _, g := range gone {
		left = append(left, g.Name)
	}
	return left
}

// GuideFiles are the files that an attachment can choose among: the library's, by their names, and
// its own. They change with the attachment and at desk.ModelsChanged.
func (f *Fills) GuideFiles(a Attachment) []string {
	var out []string
	for _, r := range f.models.Library.OfKinds("name", a.Way().Files...) {
		out = append(out, string(r.Path))
	}
	if a.Model != "" && !slices.Contains(out, a.Model) {
		out = append(out, a.Model)
	}
	return out
}

// Map makes what a guide's network would see of an attached picture, behind the window's back, and
// gives it to then on the window's goroutine. stop ends it early.
func (f *Fills) Map(r *canvas.Reference, then func(*image.NRGBA, error)) (stop func()) {
	g, take := f.seen(r)
	return f.mapOf(g, take, then)
}

// seen is the guide of an attached picture, and how its pixels are had beside the window's goroutine.
func (f *Fills) seen(r *canvas.Reference) (g pipeline.Guide, take func() *image.NRGBA) {
	state, place, tile := f.canvas.Committed(), f.MapPlace(), f.mapTile()
	g = f.guide(state, r, f.Attachment(r))
	return g, func() *image.NRGBA {
		if r.Image == nil {
			return taken(state, r, g, place, tile)
		}
		return r.Image
	}
}

// People finds the people in an attached picture, in parts of what it shows, whose size comes along; otherwise it is
// as Map. It may be called where Points is true.
func (f *Fills) People(r *canvas.Reference, then func(people []preprocess.Pose, size image.Point, err error)) (stop func()) {
	g, take := f.seen(r)
	by := f.Runner.(mapper)
	ctx, cancel := context.WithCancel(context.Background())
	f.desk.Go(words.T("map"), func() {
		g.Image = take()
		people, err := by.People(ctx, g)
		f.desk.Post(func() { then(people, g.Shown().Rect.Size(), err) })
	}, func(err error) { then(nil, image.Point{}, err) })
	return cancel
}

// mapOf is Map of what take returns, which is asked beside the window's goroutine.
func (f *Fills) mapOf(g pipeline.Guide, take func() *image.NRGBA, then func(*image.NRGBA, error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	f.desk.Go(words.T("map"), func() {
		g.Image = take()
		draw := g.Map
		if m, ok := f.Runner.(mapper); ok && g.Network != "" {
			draw = func(ctx context.Context) (*image.NRGBA, error) { return m.Map(ctx, g) }
		}
		img, err := draw(ctx)
		f.desk.Post(func() { then(img, err) })
	}, func(err error) { then(nil, err) })
	return cancel
}
