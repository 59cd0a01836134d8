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

// Layer is a paint layer.
type Layer struct {
	Name    string
	Visible bool
	Opacity float64 // 0..1, with that of the groups around it
	Blend   string  // as OpenRaster calls it ("svg:multiply"), or "krita:" and Krita's own name
	Member  string  // of the archive, its tiles
	Space   string
	X, Y    int // of its origin
}

// blends are OpenRaster's names of Krita's modes.
var blends = map[string]string{"": "svg:src-over", "normal": "svg:src-over", "multiply": "svg:multiply", "screen": "svg:screen", "overlay": "svg:overlay", "darken": "svg:darken", "lighten": "svg:lighten",
	"add": "svg:plus", "linear_dodge": "svg:plus", "dodge": "svg:color-dodge", "burn": "svg:color-burn", "hard_light": "svg:hard-light", "soft_light_svg": "svg:soft-light", "diff": "svg:difference",
	"exclusion": "svg:exclusion", "hue": "svg:hue", "saturation": "svg:saturation", "color": "svg:color", "luminize": "svg:luminosity"}

// kinds are layers without pixels of their own that can be read, in words.
var kinds = map[string]string{"adjustmentlayer": "a filter", "filelayer": "a picture in another file", "clonelayer": "a copy of another layer", "generatorlayer": "a fill", "shapelayer": "vectors", "referenceimages": "reference pictures"}

// group is what the layers around a layer do to it.
type group struct {
	visible bool
	opacity float64
}

// Read reads maindoc.xml.
func Read(b []byte) (*Document, error) {
	x := xml.NewDecoder(bytes.NewReader(b))
	x.Strict = false
	x.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	d := &Document{}
	var around []group
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
				d.note("the mask %q of a layer isn't read", a["name"])
			case "layer":
				if masks == 0 {
					around = append(around, d.layer(a, around))
				}
			}
		case xml.EndElement:
			depth--
			switch strings.ToLower(t.Name.Local) {
			case "masks":
				masks--
			case "layer":
				if masks == 0 && len(around) > 0 {
					around = around[:len(around)-1]
				}
			}
		}
	}
	if d.Width < 1 || d.Height < 1 || d.Width > maxSide || d.Height > maxSide {
		return nil, fmt.Errorf("kra: size %q × %q, want 1 to %d pixels a side", d.said[0], d.said[1], maxSide)
	}
	for i, j := 0, len(d.Layers)-1; i < j; i, j = i+1, j-1 {
		d.Layers[i], d.Layers[j] = d.Layers[j], d.Layers[i]
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

// layer takes over a layer and is what it does to those inside.
func (d *Document) layer(a map[string]string, around []group) group {
	g := group{true, 1}
	if len(around) > 0 {
		g = around[len(around)-1]
	}
	kind := strings.ToLower(a["nodetype"])
	if kind == "" {
		kind = strings.ToLower(a["layertype"])
	}
	blend, known := blends[a["compositeop"]]
	if !known {
		blend = "krita:" + a["compositeop"]
	}
	g.visible = g.visible && a["visible"] != "0"
	opacity := float64(whole(a["opacity"])) / 255
	if _, said := a["opacity"]; !said || opacity > 1 || opacity < 0 {
		opacity = 1
	}
	g.opacity *= opacity
	name := a["name"]
	switch what, left := kinds[kind]; {
	case kind == "grouplayer":
		d.note("the group %q was opened as its layers", name)
		if opacity < 1 {
			d.note("the group %q has an opacity: its layers got it, which looks different where they overlap", name)
		}
		if blend != "svg:src-over" && a["passthrough"] != "1" {
			d.note("the group %q has the blend mode %q, which its layers did not get", name, a["compositeop"])
		}
	case kind == "paintlayer" || kind == "":
		if len(d.Layers) < maxLayers {
			d.Layers = append(d.Layers, Layer{name, g.visible, g.opacity, blend, d.Name + "/layers/" + a["filename"], a["colorspacename"], whole(a["x"]), whole(a["y"])})
		}
	case left:
		d.note("the layer %q is %s, which isn't read: it was left out", name, what)
	default:
		d.note("the layer %q is of an unknown kind (%s): it was left out", name, kind)
	}
	return g
}

func (d *Document) note(format string, a ...any) {
	const most = 40
	if len(d.Notes) < most {
		d.Notes = append(d.Notes, fmt.Sprintf(format, a...))
	}
}
