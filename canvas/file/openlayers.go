package file

import (
	"fmt"
	"image"
	"math"

	"pentimento/canvas"
	"pentimento/canvas/blend"
)

// number gives every entry its ID: the one that the document has, or the next one that nobody has.
func (o *opening) number() {
	taken, next := map[canvas.LayerID]bool{}, canvas.LayerID(1)
	if o.doc != nil {
		for _, d := range o.doc.Layers {
			if d.ID < 1<<62 {
				next = max(next, d.ID+1)
			}
		}
	}
	for _, l := range o.leaves {
		if l.own != nil && l.own.ID != 0 && l.own.ID < 1<<62 && !taken[l.own.ID] {
			l.id = l.own.ID
		} else {
			l.id = next
			next++
		}
		taken[l.id] = true
	}
}

// addLayer makes a layer or group of a leaf.
func (o *opening) addLayer(l *leaf) {
	n := &canvas.Layer{ID: l.id, Name: l.name, Visible: l.visible, Opacity: uint8(math.Round(l.opacity * 255)), Group: l.group, Mask: l.mask}
	if l.up != nil {
		n.Parent = l.up.id
	}
	if n.Name == "" && l.own == nil {
		n.Name = fmt.Sprintf("Layer %d", len(o.state.Layers)+1)
	}
	kept := &storedLayer{attrs: l.others, mask: l.masked}
	mode, known := modeOf(l.op)
	if n.Blend = mode; !known {
		kept.op, kept.as = l.op, blend.Normal.String()
		o.note(false, "The layer %q has the blend mode %q, which is unknown here, so it is shown as normal", n.Name, l.op)
	}
	if l.locked {
		n.Lock = canvas.LockPixels
	}
	if l.group { // "auto", which is what is not said, isolates where it makes a difference
		n.PassThrough = l.isolated != "isolate" && plainMode(l.op) && l.opacity >= 1
	} else {
		o.lay(n, l, kept)
	}
	if l.own != nil {
		o.takeOver(n, l.own, l.locked)
	}
	o.out.layers[n.ID] = kept
	o.state.Layers = append(o.state.Layers, n)
	if l.selected {
		o.state.Active = n.ID
	}
}

// takeOver is what our document says of a layer that stack.xml doesn't.
func (o *opening) takeOver(n *canvas.Layer, d *layerDoc, locked bool) {
	if d.Name != "" && string(xmlText(d.Name)) == n.Name {
		n.Name = d.Name
	}
	n.Collapsed, n.Clip = d.Collapsed, d.Clip
	if d.Guide && !n.Visible && !n.Group { // shown by another program, it is a layer again
		n.Guide, n.Visible = true, !d.Hidden
	}
	if d.Text != "" {
		n.Text = []byte(d.Text)
	}
	if n.Lock = d.Lock &^ canvas.LockPixels; locked { // another program may have changed it
		n.Lock |= canvas.LockPixels
	}
	if n.PassThrough = d.PassThrough; n.Group {
		if reasonable(image.Rectangle{Min: d.Offset, Max: d.Offset}) {
			n.Offset = d.Offset
		}
		if mode, ok := blend.Parse(d.Mode); ok && n.Blend == blend.Normal {
			n.Blend = mode
		}
	}
	if p := d.Placed; p != nil && reasonable(p.Rect) {
		if img, ok := o.image(p.Picture).(*image.NRGBA); ok {
			n.Placed = &canvas.Placed{Source: img, Rect: p.Rect}
		} else {
			o.note(true, "The original of the placed picture %q is damaged: the layer stays as it is", n.Name)
		}
	}
}

// readLayerMask reads a layer's mask.
func (o *opening) readLayerMask(l *leaf, f *sheet) {
	d := l.own.Mask
	var shows *image.Alpha
	err := fmt.Errorf("it is missing")
	if f != nil && reasonable(image.Rectangle{Min: d.At, Max: d.At}) {
		shows, err = f.alpha(image.Rectangle{Min: d.At}, true)
	}
	if err != nil {
		o.note(true, "The mask of the layer %q is damaged: %v", l.name, err)
	}
	if shows == nil {
		return
	}
	m := canvas.NewLayerMask(shows, outside(d))
	m.Off = d.Off
	if l.mask = m; err == nil {
		l.masked = part{memberOf(f.file), shows.Rect}
	}
}

func outside(d *layerMaskDoc) uint8 {
	if d.Outside != 0 {
		return 255
	}
	return 0
}
