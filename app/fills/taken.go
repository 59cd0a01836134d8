package fills

import (
	"cmp"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas"
	"pentimento/canvas/render"
	"pentimento/pipeline"
)

// Title is what an entry of the strip is called: of a guide layer, what the layer is called now.
func (f *Fills) Title(r *canvas.Reference) string { return title(f.canvas.Committed(), r) }

func title(state *canvas.State, r *canvas.Reference) string {
	if l := state.Layer(r.Layer); l != nil {
		return l.Name
	}
	return r.Name
}

// followed are the entries of the strip that fills follow, in its order. A guide layer that is hidden
// is not followed.
func (f *Fills) followed(state *canvas.State) []*canvas.Reference {
	var out []*canvas.Reference
	for _, r := range state.References {
		if l := state.Layer(r.Layer); f.attachment(state, r).On && (l == nil || state.Seen(l)) {
			out = append(out, r)
		}
	}
	return out
}

// taken is what the canvas shows of an entry without a picture of its own, in a rectangle of it, in sRGB. A tile
// repeats; an empty one is none.
func taken(state *canvas.State, r *canvas.Reference, g pipeline.Guide, place, tile image.Rectangle) *image.NRGBA {
	img := flattened(state, place, tile, render.FlattenOptions{Only: r.Layer})
	state.Source.Space().ToSRGB(img)
	if r.Layer != 0 && g.AsItIs() {
		blacken(img)
	}
	return img
}

// flattened is a rectangle of the canvas, in which a tile repeats; an empty one does not.
func flattened(state *canvas.State, place, tile image.Rectangle, how render.FlattenOptions) *image.NRGBA {
	if tile.Empty() || place.In(tile) {
		return render.Flatten(state, place, how)
	}
	out := image.NewNRGBA(place)
	for y := place.Min.Y; y < place.Max.Y; {
		rows := 0
		for x := place.Min.X; x < place.Max.X; {
			from := image.Pt(x, y).Mod(tile)
			size := image.Pt(min(tile.Max.X-from.X, place.Max.X-x), min(tile.Max.Y-from.Y, place.Max.Y-y))
			part := render.Flatten(state, image.Rectangle{from, from.Add(size)}, how)
			for j := range size.Y {
				copy(out.Pix[out.PixOffset(x, y+j):][:4*size.X], part.Pix[j*part.Stride:])
			}
			x, rows = x+size.X, size.Y
		}
		y += rows
	}
	return out
}

// takeAll gives the guides of entries what the canvas shows of those that have no picture of their own.
// It may be called from any goroutine.
func takeAll(guides []pipeline.Guide, of []*canvas.Reference, state *canvas.State, place, tile image.Rectangle) []pipeline.Guide {
	guides = slices.Clone(guides)
	for i := range guides {
		if r := of[i]; r.Image == nil {
			guides[i].Image = taken(state, r, guides[i], place, tile)
		}
	}
	return guides
}

// blacken lays a picture on black, the ground of the maps that control networks read.
func blacken(img *image.NRGBA) {
	canvas.Premultiply(img.Pix, img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
}

// mapTile is the tile that repeats in it; empty: none does.
func (f *Fills) mapTile() image.Rectangle {
	if f.Outline().around {
		return f.canvas.Committed().Frame
	}
	return image.Rectangle{}
}

// MapPlace is the part of the canvas that an entry without a picture of its own would be taken of now.
func (f *Fills) MapPlace() image.Rectangle {
	if out := f.Outline(); out.Err == nil && !out.Context.Empty() {
		return out.Context
	}
	return f.canvas.Committed().Frame
}

// FollowTaken attaches an entry that is taken of the canvas, in a way that can be had: by its structure
// where the library has a network for that, else by its look; a guide layer by what is painted on
// it. dark says that it is, or will be, dark lines on a bright ground. Of the networks one is chosen whose
// name says like, "" for what the way is usual with.
func (f *Fills) FollowTaken(r *canvas.Reference, dark bool, like string) {
	kind, module := pipeline.GuideControl, "canny"
	switch {
	case r.Layer != 0 && dark:
		module = "invert"
	case r.Layer != 0:
		module = "none"
	case len(f.GuideFiles(Attachment{Kind: kind})) == 0:
		kind, module = pipeline.GuideReference, ""
	}
	f.Follow(r, kind)
	f.Attach(r, func(a *Attachment) {
		a.Module = module
		if kind == pipeline.GuideControl {
			usual := map[string]string{"canny": "canny", "invert": "scribble", "none": "scribble"}[module]
			a.Model = suited(f.GuideFiles(*a), cmp.Or(like, usual), like == "")
			if r.Layer != 0 { // what is painted no preprocessor tells
				a.Type = map[string]string{"openpose": "openpose", "": "softedge"}[like]
			}
		}
	})
}

// suited is the first of networks' files whose name says like, or else that it reads all kinds of maps; where any
// serves, else the only one there is.
func suited(files []string, like string, any bool) string {
	for _, word := range []string{like, "union", "promax"} {
		for _, path := range files {
			if strings.Contains(strings.ToLower(filepath.Base(path)), word) {
				return path
			}
		}
	}
	if any && len(files) == 1 {
		return files[0]
	}
	return ""
}

// Dark says whether what is painted on a guide layer is rather dark than bright; of an empty one, empty.
func Dark(state *canvas.State, id canvas.LayerID, empty bool) bool {
	img := render.Thumbnail(state, id, 64)
	if img == nil {
		return empty
	}
	sum, n := 0, 0
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i+3] > 127 {
			sum += int(img.Pix[i]) + int(img.Pix[i+1]) + int(img.Pix[i+2])
			n += 3
		}
	}
	return n > 0 && sum < 128*n
}
