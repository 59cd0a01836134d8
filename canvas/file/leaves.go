package file

import (
	"bufio"
	"cmp"
	"fmt"
	"image"
	"maps"
	"slices"

	"pentimento/canvas"
	"pentimento/fault"
)

// leaf is an entry of the nested list: a layer or a group.
type leaf struct {
	*node
	group  bool
	up     *leaf // the group that it is in
	id     canvas.LayerID
	x, y   int // of the image
	parts  []leafPart
	own    *layerDoc // what our document says of it
	mask   *canvas.LayerMask
	masked part // of the file, what mask was read from
}

type leafPart struct {
	src  string
	x, y int // of the image
	at   image.Point
	sure bool // at is where the document says, not where stack.xml does
	read *layerSheet
}

// flatten turns the nested list into one, the lowest first and a group just above what is in it.
func (o *opening) flatten(root *node) []*leaf {
	owners, groups := map[string]*layerDoc{}, map[canvas.LayerID]*layerDoc{}
	if o.doc != nil {
		for i := range o.doc.Layers {
			d := &o.doc.Layers[i]
			for _, p := range d.Parts {
				owners[p.Src] = d
			}
			if len(d.Parts) == 0 {
				groups[d.ID] = d
			}
		}
	}
	var out []*leaf
	var walk func(n *node, up *leaf, x, y int)
	walk = func(n *node, up *leaf, x, y int) {
		l := &leaf{node: n, up: up, x: x + n.x, y: y + n.y}
		if n.stack && !ofOneLayer(n, owners) {
			if n != root {
				l.group, l.own = true, groups[canvas.LayerID(n.group)]
				out = append(out, l)
				up = l
			}
			for _, c := range n.children {
				walk(c, up, l.x, l.y)
			}
			return
		}
		members := n.children
		if !n.stack {
			members = []*node{n}
		}
		for _, m := range members {
			p := leafPart{src: m.src, x: l.x, y: l.y}
			if n.stack {
				p.x, p.y = l.x+m.x, l.y+m.y
			}
			l.own = owners[m.src]
			l.parts = append(l.parts, p)
		}
		out = append(out, l)
	}
	walk(root, nil, 0, 0)
	slices.Reverse(out)
	return out
}

// ofOneLayer says whether a group is one layer of ours, cut into pieces.
func ofOneLayer(n *node, owners map[string]*layerDoc) bool {
	if len(n.children) == 0 {
		return false
	}
	own := owners[n.children[0].src]
	if own == nil || len(own.Parts) < 2 {
		return false
	}
	for _, c := range n.children {
		if c.stack || owners[c.src] != own {
			return false
		}
	}
	return true
}

func plainMode(op string) bool { return op == "" || op == "svg:src-over" }

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
		l := o.leaves[i]
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
