// Package kra reads the parts of Krita's files (.kra, a zip archive): the list of layers and
// the pixels of paint layers. The archive itself is opened by canvas/file; nothing is written.
//
// Start at Read (maindoc.xml), then Pixels for each layer. lzf.go unpacks tiles.
//
// The format is what Krita 5 writes: maindoc.xml by the DTD krita-2.0; layers as "VERSION 2"
// tiles of 64×64 pixels, whose bytes are taken apart by channel and packed with LZF.
//
// 2026-11-27: by hand; there is no Go module for it.
package kra

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what a file may ask for.
const (
	maxLayers = 1 << 12
	maxDepth  = 64
	maxSide   = 1 << 20
)

// Document is what maindoc.xml says.
type Document struct {
	Width, Height int
	Name          string  // of the folder that holds the layers
	Space         string  // Krita's name of the colour space: "RGBA", "GRAYA16" …
	PerInch       float64 // pixels; 0: not said
	Layers        []Layer // that are pixels, the lowest first
	Notes         []string

	said [2]string // width and height as they stand there
}

// Layer is a paint layer, or a group.
type Layer struct {
	Group   bool
	In      int // the index of the group that it is in, -1 for none
	Name    string
	Visible bool
	Opacity float64 // 0..1
	Blend   string  // as OpenRaster calls it ("svg:multiply"), or "krita:" and Krita's own name
	Member  string  // of the archive, its tiles
	Space   string
	X, Y    int // of its origin

	PassThrough, Collapsed bool
	Inherits               bool // its transparency from the layers below it in its group
	Locked, LockAlpha      bool
	Mask                   *Mask // nil: none
}

// Mask is a transparency mask of a layer.
type Mask struct {
	Member string // of the archive, its tiles
	X, Y   int
	Off    bool
}

// blends are OpenRaster's names of Krita's modes.
var blends = map[string]string{"": "svg:src-over", "normal": "svg:src-over", "multiply": "svg:multiply", "screen": "svg:screen", "overlay": "svg:overlay", "darken": "svg:darken", "lighten": "svg:lighten",
	"add": "svg:plus", "linear_dodge": "svg:plus", "dodge": "svg:color-dodge", "burn": "svg:color-burn", "hard_light": "svg:hard-light", "soft_light_svg": "svg:soft-light", "diff": "svg:difference",
	"exclusion": "svg:exclusion", "hue": "svg:hue", "saturation": "svg:saturation", "color": "svg:color", "luminize": "svg:luminosity"}

// kinds are layers without pixels of their own that can be read, in words.
var kinds = map[string]string{"adjustmentlayer": "a filter", "filelayer": "a picture in another file", "clonelayer": "a copy of another layer", "generatorlayer": "a fill", "shapelayer": "vectors", "referenceimages": "reference pictures"}

// Read reads maindoc.xml.
func Read(b []byte) (*Document, error) {
	x := xml.NewDecoder(bytes.NewReader(b))
	x.Strict = false
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	d := &Document{}
	around, owner := []int{-1}, []int{-1} // the groups and the layers around the present one
	depth, masks := 0, 0
	for {
		t, err := x.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("kra: the list of layers: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, errors.New("kra: the list of layers is nested too deep")
			}
			a := attributes(t)
			switch strings.ToLower(t.Name.Local) {
			case "image":
				if d.Width == 0 {
					d.image(a)
				}
			case "masks":
				masks++
			case "mask":
				d.mask(a, owner[len(owner)-1])
			case "layer":
				if masks == 0 {
					group, own := d.layer(a, around[len(around)-1])
					around, owner = append(around, group), append(owner, own)
				}
			}
		case xml.EndElement:
			depth--
			switch strings.ToLower(t.Name.Local) {
			case "masks":
				masks--
			case "layer":
				if masks == 0 && len(around) > 1 {
					around, owner = around[:len(around)-1], owner[:len(owner)-1]
				}
			}
		}
	}
	if d.Width < 1 || d.Height < 1 || d.Width > maxSide || d.Height > maxSide {
		return nil, fmt.Errorf("kra: size %q × %q, want 1 to %d pixels a side", d.said[0], d.said[1], maxSide)
	}
	slices.Reverse(d.Layers)
	for i := range d.Layers {
		if l := &d.Layers[i]; l.In >= 0 {
			l.In = len(d.Layers) - 1 - l.In
		}
	}
	return d, nil
}

func attributes(t xml.StartElement) map[string]string {
	a := map[string]string{}
	for _, v := range t.Attr {
		a[strings.ToLower(v.Name.Local)] = v.Value
	}
	return a
}

func (d *Document) image(a map[string]string) {
	d.said = [2]string{a["width"], a["height"]}
	d.Width, d.Height = whole(a["width"]), whole(a["height"])
	d.Name, d.Space = a["name"], a["colorspacename"]
	if v, err := strconv.ParseFloat(a["x-res"], 64); err == nil && v > 0 && v < 1e6 {
		d.PerInch = v
	}
}

func whole(s string) int {
	n, err := strconv.ParseFloat(s, 64)          // old files have "12.0"
	if err != nil || !(math.Abs(n) <= maxSide) { // not a number is neither
		return 0
	}
	return int(n)
}

// layer takes over a layer that is in the group `in`, and returns the group for what is in it
// and its own entry, -1 where it was left out.
func (d *Document) layer(a map[string]string, in int) (group, own int) {
	kind := strings.ToLower(a["nodetype"])
	if kind == "" {
		kind = strings.ToLower(a["layertype"])
	}
	blend, known := blends[a["compositeop"]]
	if !known {
		blend = "krita:" + a["compositeop"]
	}
	opacity := float64(whole(a["opacity"])) / 255
	if _, said := a["opacity"]; !said || opacity > 1 || opacity < 0 {
		opacity = 1
	}
	name, holds := a["name"], kind == "grouplayer"
	switch what, left := kinds[kind]; {
	case holds || kind == "paintlayer" || kind == "":
		if len(d.Layers) >= maxLayers {
			return in, -1
		}
		d.Layers = append(d.Layers, Layer{Group: holds, In: in, Name: name, Visible: a["visible"] != "0", Opacity: opacity, Blend: blend,
			Member: d.Name + "/layers/" + a["filename"], Space: a["colorspacename"], X: whole(a["x"]), Y: whole(a["y"]),
			PassThrough: a["passthrough"] == "1", Collapsed: a["collapsed"] == "1", Locked: a["locked"] == "1",
			Inherits: switchedOff(a["channelflags"]), LockAlpha: switchedOff(a["channellockflags"])})
		if own = len(d.Layers) - 1; holds {
			in = own
		}
		return in, own
	case left:
		d.note("the layer %q is %s, which isn't read: it was left out", name, what)
	default:
		d.note("the layer %q is of an unknown kind (%s): it was left out", name, kind)
	}
	return in, -1
}

// switchedOff says whether flags, one digit a channel, have all on but the last, which is alpha.
func switchedOff(flags string) bool {
	n := len(flags) - 1
	return n > 0 && flags[n] == '0' && strings.Trim(flags[:n], "1") == ""
}

// mask takes over a mask of the entry `of`: the first that hides transparency.
func (d *Document) mask(a map[string]string, of int) {
	if of < 0 || !strings.EqualFold(a["nodetype"], "transparencymask") || d.Layers[of].Mask != nil {
		d.note("the mask %q of a layer isn't read", a["name"])
		return
	}
	d.Layers[of].Mask = &Mask{Member: d.Name + "/layers/" + a["filename"] + ".pixelselection", X: whole(a["x"]), Y: whole(a["y"]), Off: a["visible"] == "0"}
}

func (d *Document) note(format string, a ...any) {
	const most = 40
	if len(d.Notes) < most {
		d.Notes = append(d.Notes, fmt.Sprintf(format, a...))
	}
}
