package file

import (
	"bufio"
	"cmp"
	"fmt"
	"image"
	"maps"
	"math"
	"slices"

	"pentimento/canvas"
	"pentimento/canvas/blend"
	"pentimento/fault"
)

// leaf is a layer of a nested list, with what the groups around it do to it.
type leaf struct {
	*node
	x, y    int // of the image
	opacity float64
	visible bool
	op      string
	parts   []leafPart
	own     *layerDoc // what our document says of it
}

type leafPart struct {
	src  string
	x, y int // of the image
	at   image.Point
	sure bool // at is where the document says, not where stack.xml does
	read *layerSheet
}

// flatten turns nested groups into a list, the lowest first.
func (o *opening) flatten(root *node) []leaf {
	owners := map[string]*layerDoc{}
	if o.doc != nil {
		for i := range o.doc.Layers {
			for _, p := range o.doc.Layers[i].Parts {
				owners[p.Src] = &o.doc.Layers[i]
			}
		}
	}
	var out []leaf
	var walk func(n *node, around leaf)
	walk = func(n *node, around leaf) {
		l := leaf{node: n, x: around.x + n.x, y: around.y + n.y, opacity: around.opacity * n.opacity, visible: around.visible && n.visible, op: n.op}
		if len(n.children) == 0 && n.group {
			return
		}
		if n.group && !ofOneLayer(n, owners) {
			o.noteGroup(n, root)
			for _, c := range n.children {
				walk(c, l)
			}
			if len(n.children) == 1 && n != root && plainMode(n.children[0].op) && !plainMode(n.op) && len(out) > 0 {
				out[len(out)-1].op = n.op
			}
			return
		}
		members := n.children
		if !n.group {
			members = []*node{n}
		}
		for _, m := range members {
			p := leafPart{src: m.src, x: l.x, y: l.y}
			if n.group {
				p.x, p.y = l.x+m.x, l.y+m.y
			}
			l.own = owners[m.src]
			l.parts = append(l.parts, p)
		}
		out = append(out, l)
	}
	walk(root, leaf{opacity: 1, visible: true})
	slices.Reverse(out)
	return out
}

// ofOneLayer says whether a group is one layer of ours, cut into pieces.
func ofOneLayer(n *node, owners map[string]*layerDoc) bool {
	own := owners[n.children[0].src]
	if own == nil || len(own.Parts) < 2 {
		return false
	}
	for _, c := range n.children {
		if c.group || owners[c.src] != own {
			return false
		}
	}
	return true
}

func plainMode(op string) bool { return op == "" || op == "svg:src-over" }

// noteGroup says what a group does that a flat list cannot.
func (o *opening) noteGroup(n, root *node) {
	if n == root {
		return
	}
	o.note(true, "The group %q was opened as its layers", n.name)
	if len(n.children) < 2 {
		return
	}
	if n.opacity < 1 {
		o.note(true, "The group %q has an opacity: its layers got it, which looks different where they overlap", n.name)
	}
	if !plainMode(n.op) {
		o.note(true, "The group %q has the blend mode %q, which its layers did not get", n.name, n.op)
	}
}

// layerSheet is a picture of one or more layers; layers that name the same one share it.
type layerSheet struct {
	src   string
	at    image.Point // of its upper left corner in the layer's own pixels
	tiles map[canvas.TileKey]*canvas.Tile
	grid  canvas.Grid[canvas.Tile] // of the same
	size  image.Point
	sheet *sheet
	err   error
}

func (s *layerSheet) read(o *opening, f *sheet) {
	if f == nil {
		s.err = fault.New(fmt.Sprintf("member %q is missing or implausible", s.src), damaged)
		return
	}
	s.sheet = f
	s.tiles, s.size, s.err = f.tiles(s.at)
	s.grid = s.grid.With(s.tiles)
	if f.deep {
		o.note(true, "%s has 16 bits a channel; here it has 8", baseName(s.src))
	}
}

// layerSheets finds which members hold layers and where in a layer they lie.
func (o *opening) layerSheets() []*layerSheet {
	var out []*layerSheet
	type key struct {
		src string
		at  image.Point
	}
	found := map[key]*layerSheet{}
	for i := range o.leaves {
		l := &o.leaves[i]
		for j := range l.parts {
			p := &l.parts[j]
			if l.own != nil {
				for _, q := range l.own.Parts {
					if q.Src == p.src && reasonable(image.Rectangle{Min: q.At, Max: q.At}) {
						p.at, p.sure = q.At, true
					}
				}
			}
			k := key{p.src, p.at}
			if found[k] == nil {
				found[k] = &layerSheet{src: p.src, at: p.at}
				out = append(out, found[k])
			}
			p.read = found[k]
		}
	}
	return out
}

// addLayer makes a layer of a leaf.
func (o *opening) addLayer(l *leaf) {
	n := &canvas.Layer{Name: l.name, Visible: l.visible, Opacity: uint8(math.Round(l.opacity * 255))}
	n.ID = o.freeID(l.own)
	if n.Name == "" && l.own == nil {
		n.Name = fmt.Sprintf("Layer %d", len(o.state.Layers)+1)
	}
	kept := &storedLayer{attrs: l.others}
	mode, known := modeOf(l.op)
	if n.Blend = mode; !known {
		kept.op, kept.as = l.op, blend.Normal.String()
		o.note(false, "The layer %q has the blend mode %q, which is unknown here, so it is shown as normal", n.Name, l.op)
	}
	o.lay(n, l, kept)
	if l.own != nil {
		if l.own.Name != "" && string(xmlText(l.own.Name)) == n.Name {
			n.Name = l.own.Name
		}
		if d := l.own.Placed; d != nil && reasonable(d.Rect) {
			if img, ok := o.image(d.Picture).(*image.NRGBA); ok {
				n.Placed = &canvas.Placed{Source: img, Rect: d.Rect}
			} else {
				o.note(true, "The original of the placed picture %q is damaged: the layer stays as it is", n.Name)
			}
		}
	}
	o.out.layers[n.ID] = kept
	o.state.Layers = append(o.state.Layers, n)
	if l.selected {
		o.state.Active = n.ID
	}
}

// lay puts the tiles of a leaf into its layer and settles the layer's offset.
func (o *opening) lay(n *canvas.Layer, l *leaf, kept *storedLayer) {
	origin := image.Point{}
	if o.doc != nil {
		origin = o.doc.Origin
	}
	var tiles map[canvas.TileKey]*canvas.Tile
	for i, p := range l.parts {
		place := image.Pt(p.x, p.y).Add(origin).Sub(p.at)
		if p.sure && l.own.Offset.Add(p.at).Sub(origin) == image.Pt(p.x, p.y) {
			place = l.own.Offset // what stack.xml says, too
		}
		if i == 0 {
			n.Offset, tiles = place, p.read.tiles
		} else if place == n.Offset {
			if i == 1 {
				tiles = maps.Clone(tiles)
			}
			join(tiles, p.read.tiles)
		}
		if p.read.err != nil {
			o.note(true, "The layer %q is damaged: %v", n.Name, p.read.err)
			kept.parts = nil
			continue
		}
		if len(kept.parts) == i {
			kept.parts = append(kept.parts, part{memberOf(p.read.sheet.file), image.Rectangle{Min: p.at, Max: p.at.Add(p.read.size)}})
		}
	}
	if n.Tiles = l.parts[0].read.grid; len(l.parts) > 1 {
		n.Tiles = canvas.Grid[canvas.Tile]{}.With(tiles)
	}
}

// join adds the tiles of another piece; a tile that both touch is laid together.
func join(tiles, more map[canvas.TileKey]*canvas.Tile) {
	for k, t := range more {
		have := tiles[k]
		if have == nil {
			tiles[k] = t
			continue
		}
		both := *have
		for i, v := range t.Pix {
			both.Pix[i] |= v // pieces do not overlap
		}
		tiles[k] = &both
	}
}

// freeID is the ID the document gives a layer, or the next one that nobody has.
func (o *opening) freeID(own *layerDoc) canvas.LayerID {
	if own != nil && own.ID != 0 && own.ID < 1<<62 && o.state.Layer(own.ID) == nil {
		return own.ID
	}
	id := canvas.LayerID(1)
	for _, l := range o.state.Layers {
		id = max(id, l.ID+1)
	}
	if o.doc != nil {
		for _, d := range o.doc.Layers {
			if d.ID < 1<<62 {
				id = max(id, d.ID+1)
			}
		}
	}
	return id
}

// readPicture reads picture i of the document.
func (o *opening) readPicture(i int, d pictureDoc, f *sheet) {
	if f == nil || !reasonable(d.Rect) {
		o.note(true, "A picture of the project (%s) is missing", baseName(d.Src))
		return
	}
	var img image.Image
	var err error
	if d.Mask {
		var m *image.Alpha
		if m, err = f.alpha(d.Rect, false); m != nil {
			img = m
		}
	} else {
		var m *image.NRGBA
		if m, err = f.nrgba(d.Rect); m != nil {
			img = m
		}
	}
	if err != nil {
		o.note(true, "A picture of the project (%s) is damaged: %v", baseName(d.Src), err)
		return
	}
	o.mu.Lock()
	o.images[i] = img
	o.out.pictures[pictureKey(img)] = memberOf(f.file)
	o.mu.Unlock()
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), cmp.Compare[string])
}

func buffered(r interface{ Read([]byte) (int, error) }) *bufio.Reader {
	return bufio.NewReaderSize(r, 1<<16)
}
