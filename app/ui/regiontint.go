package ui

import (
	"image"
	"image/color"
	"slices"
)

// regionInks are the colours that regions are shown in, one after another.
var regionInks = []color.NRGBA{{0x3d, 0x8b, 0xfd, 255}, {0xff, 0x9f, 0x1c, 255}, {0x2e, 0xc4, 0x6d, 255}, {0xd6, 0x4d, 0xe0, 255}, {0xf2, 0xd0, 0x2b, 255}, {0x1f, 0xc7, 0xc7, 255}, {0xef, 0x47, 0x5d, 255}, {0x9a, 0x7b, 0xff, 255}}

func regionInk(n int) color.NRGBA { return regionInks[n%len(regionInks)] }

// regionTint is where a region lies, and the colour that it is shown in.
type regionTint struct {
	cover cover
	ink   color.NRGBA // A: how strong
}

// Of 255, how strong a region's colour is: while it is painted, and else.
const (
	tintPainted = 120
	tintRegion  = 80
)

// regionTints are those that are shown now: while the list of regions is to be seen, or one is painted.
func (v *canvasView) regionTints() (all []regionTint) {
	ed := v.ed
	painted := ed.PaintedRegion()
	listed := slices.Contains(ed.Settings.Open, "regions") && !slices.Contains(ed.Settings.Hidden, "column") && !ed.Bare()
	judged := len(ed.Fills.Stacks()) > 0 && !v.pressed || ed.Fills.Live.Shown() != nil && painted == ""
	if v.original || judged || !listed && painted == "" {
		return nil // what was made is judged without them
	}
	for _, r := range ed.Fills.Regions() {
		ink := regionInk(r.Colour)
		if ink.A = tintRegion; r.Area == painted {
			ink.A = tintPainted
		}
		if r.Area == painted || listed && !r.Off {
			all = append(all, regionTint{ed.RegionCover(r.Area), ink})
		}
	}
	return all
}

// staleTints notes what other regions change on the screen. What is being painted tells by itself.
func (v *canvasView) staleTints() {
	if painting := v.ed.PaintedRegion() != ""; painting != v.painting {
		v.painting = painting
		v.setLook()
		v.whole = true
	}
	if v.ed.State() != v.ed.Committed() {
		return
	}
	was, now := v.tints, v.regionTints()
	v.tints = now
	if !slices.EqualFunc(was, now, func(a, b regionTint) bool { return a.ink == b.ink }) {
		v.whole = true
		return
	}
	for i, t := range now {
		t.cover.Diff(was[i].cover, func(k canvasTile) { v.dirty = v.dirty.Union(k.Rect()) })
	}
}

// tintRegions lays the regions' colours over a part of the framebuffer.
func (v *canvasView) tintRegions(part image.Rectangle) {
	for _, t := range v.regionTints() {
		r := part
		if v.shown.Tile.Empty() {
			r = v.shown.Device(t.cover.Bounds()).Intersect(part)
		}
		m, r := v.deviceCover(t.cover, v.shown, r)
		w, strength := r.Dx(), uint32(t.ink.A)
		red, green, blue := uint32(t.ink.R), uint32(t.ink.G), uint32(t.ink.B)
		for y := range r.Dy() {
			row := v.fb.Pix[v.fb.PixOffset(r.Min.X, r.Min.Y+y):][:4*w]
			for x, a := range m[y*w:][:w] {
				if a == 0 {
					continue
				}
				k := (uint32(a)*strength + 127) / 255
				p := row[4*x : 4*x+3 : 4*x+3]
				p[0] = uint8((uint32(p[0])*(255-k) + red*k + 127) / 255)
				p[1] = uint8((uint32(p[1])*(255-k) + green*k + 127) / 255)
				p[2] = uint8((uint32(p[2])*(255-k) + blue*k + 127) / 255)
			}
		}
	}
}

// maskCover is what the mask's tools paint: the mask, or a region in its place.
func (v *canvasView) maskCover() cover {
	if area := v.ed.PaintedRegion(); area != "" {
		return v.ed.RegionCover(area)
	}
	return v.ed.State().Mask
}
