package psd

import (
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// Layer is one that is pixels, or a group.
type Layer struct {
	Name    string
	Visible bool
	Opacity float64 // 0..1
	Blend   string  // as OpenRaster calls it ("svg:multiply"), or Photoshop's four letters
	// Pixels lie where their bounds say, in pixels of the picture; nil: a group.
	Pixels *image.NRGBA
	Ends   bool // only to be written: the lower end of a group, whose head comes above

	Index       int // its number, as Each counts
	In          int // the number of the group that it is in, -1 for none
	PassThrough bool
	Collapsed   bool
	Clipped     bool         // to the one below it
	Mask        *image.Alpha // in pixels of the picture; nil: none
	MaskOutside uint8        // what Mask is around its bounds
	MaskOff     bool
	// What is locked.
	LockAlpha, LockPixels, LockPosition bool
}

// record is a layer or a group of the list.
type record struct {
	in               int // of the group that it is in, -1 for none
	group            bool
	locks            uint32
	name             string
	rect             image.Rectangle
	visible          bool
	opacity          float64
	blend            string
	channels         []channel
	mask             image.Rectangle
	maskOut          uint8 // what the mask is outside its rectangle
	masked           bool
	maskOff          bool
	section          int // of a group: 1 and 2 its head, 3 its lower end; 0: none
	clipped, special bool
	kind             string // why it has no pixels, or that it is more than pixels
}

type channel struct {
	id   int
	size uint64
	data []byte // its packing, then its samples
}

// blends are OpenRaster's names of Photoshop's modes.
var blends = map[string]string{"norm": "svg:src-over", "mul ": "svg:multiply", "scrn": "svg:screen", "over": "svg:overlay", "dark": "svg:darken", "lite": "svg:lighten",
	"lddg": "svg:plus", "div ": "svg:color-dodge", "idiv": "svg:color-burn", "hLit": "svg:hard-light", "sLit": "svg:soft-light", "diff": "svg:difference", "smud": "svg:exclusion",
	"hue ": "svg:hue", "sat ": "svg:saturation", "colr": "svg:color", "lum ": "svg:luminosity"}

// kinds are the blocks that make a layer something else than pixels: what it is called, and
// whether its pixels show it all the same.
var kinds = map[string]struct {
	name   string
	pixels bool
}{
	"TySh": {"text", true}, "tySh": {"text", true}, "SoLd": {"a smart object", true}, "SoLE": {"a smart object", true}, "PlLd": {"a smart object", true},
	"SoCo": {"a fill of one colour", false}, "GdFl": {"a gradient", false}, "PtFl": {"a pattern", false}, "levl": {"an adjustment", false}, "curv": {"an adjustment", false},
	"brit": {"an adjustment", false}, "CgEd": {"an adjustment", false}, "blnc": {"an adjustment", false}, "hue2": {"an adjustment", false}, "hue ": {"an adjustment", false},
	"selc": {"an adjustment", false}, "thrs": {"an adjustment", false}, "nvrt": {"an adjustment", false}, "post": {"an adjustment", false}, "mixr": {"an adjustment", false},
	"grdm": {"an adjustment", false}, "expA": {"an adjustment", false}, "vibA": {"an adjustment", false}, "phfl": {"an adjustment", false}, "blwh": {"an adjustment", false},
	"clrL": {"an adjustment", false}, "vmsk": {"cut out by a path", true}, "vsms": {"cut out by a path", true}, "lfx2": {"a layer with effects", true}, "lrFX": {"", true},
}

// readLayers reads the list of layers out of the section that holds it. With 16 bits a channel
// it stands in a block behind.
func (d *Document) readLayers(b []byte) error {
	r := reader{b: b}
	list := r.take(r.size(d.large))
	if len(list) < 2 && len(r.b) > 0 {
		r.take(r.u32()) // masks of the whole
		for len(r.b) >= 12 {
			key, body := d.block(&r, 4)
			if key == "Lr16" || key == "Layr" {
				list = body
			}
			if r.short {
				break
			}
		}
	}
	if len(list) < 2 || d.Depth == 1 {
		return nil
	}
	l := reader{b: list}
	n := int(int16(l.u16()))
	if n < 0 {
		n, d.alpha = -n, true
	}
	if n > maxLayers {
		return fmt.Errorf("%d layers, want at most %d", n, maxLayers)
	}
	var all []record
	for range n {
		rec, err := d.record(&l)
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	pixels, mask := 0, 0
	for i := range all {
		for k := range all[i].channels {
			c := &all[i].channels[k]
			c.data = l.take(c.size)
		}
		if l.short {
			return io.ErrUnexpectedEOF
		}
		pixels += all[i].rect.Dx() * all[i].rect.Dy()
		if all[i].masked {
			mask += all[i].mask.Dx() * all[i].mask.Dy()
		}
	}
	if most := 64<<20 + 64*len(list); max(pixels, mask) > most {
		return errors.New("more pixels than their bytes can hold")
	}
	d.flatten(all)
	return nil
}

// block reads a block of more facts: its key and its bytes.
func (d *Document) block(r *reader, align uint64) (string, []byte) {
	sig := string(r.take(4))
	if sig != "8BIM" && sig != "8B64" {
		r.short = true
		return "", nil
	}
	key := string(r.take(4))
	wide := d.large && strings.Contains("LMsk Lr16 Lr32 Layr Mt16 Mt32 Mtrn Alph FMsk lnk2 FEid FXid PxSD", key)
	body := r.take(r.size(wide))
	if pad := uint64(len(body)) % align; pad != 0 {
		r.take(min(align-pad, uint64(len(r.b))))
	}
	return key, body
}

// place reads a rectangle: top, left, bottom, right.
func place(r *reader) image.Rectangle {
	top, left, bottom, right := int(int32(r.u32())), int(int32(r.u32())), int(int32(r.u32())), int(int32(r.u32()))
	return image.Rectangle{Min: image.Pt(left, top), Max: image.Pt(right, bottom)}
}

func sane(r image.Rectangle) bool {
	const far = 1 << 22
	return r.Min.X <= r.Max.X && r.Min.Y <= r.Max.Y && r.Min.X > -far && r.Min.Y > -far && r.Max.X < far && r.Max.Y < far && r.Dx() <= maxSide && r.Dy() <= maxSide
}

func (d *Document) record(r *reader) (record, error) {
	rec := record{rect: place(r)}
	n := r.u16()
	if n > maxChannels {
		return rec, fmt.Errorf("a layer of %d channels", n)
	}
	for range n {
		id := int(int16(r.u16()))
		rec.channels = append(rec.channels, channel{id: id, size: r.size(d.large)})
	}
	r.take(4) // 8BIM
	rec.blend = string(r.take(4))
	rec.opacity = float64(r.u8()) / 255
	rec.clipped = r.u8() == 1
	rec.visible = r.u8()&2 == 0
	r.take(1)
	x := reader{b: r.take(r.u32())}
	if r.short || !sane(rec.rect) {
		return rec, errors.New("the list is damaged")
	}
	m := reader{b: x.take(x.u32())}
	if len(m.b) >= 18 {
		rec.mask, rec.maskOut = place(&m), uint8(m.u8())
		rec.maskOff, rec.masked = m.u8()&2 != 0, sane(rec.mask)
	}
	x.take(x.u32()) // what it blends with
	name := x.take(uint64(x.u8()))
	x.take(uint64(3 - len(name)&3)) // with its length it fills words
	rec.name = macRoman(name)
	d.extras(&x, &rec)
	turned := []byte(rec.blend) // ImageMagick writes the letters backwards on most machines
	slices.Reverse(turned)
	if op, ok := blends[rec.blend]; ok {
		rec.blend = op
	} else if op, ok := blends[string(turned)]; ok {
		rec.blend = op
	}
	return rec, nil
}

// extras reads the blocks that newer versions add to a layer's record.
func (d *Document) extras(x *reader, rec *record) {
	fill := 255
	for len(x.b) >= 12 && !x.short {
		key, body := d.block(x, 2)
		v := reader{b: body}
		switch key {
		case "luni":
			if s := unicodeName(&v); s != "" {
				rec.name = s
			}
		case "lsct", "lsdk":
			rec.section = int(v.u32())
			if v.take(4); len(v.b) >= 4 {
				rec.blend = string(v.take(4))
			}
		case "iOpa":
			fill = v.u8()
		case "lspf":
			rec.locks = uint32(v.u32())
		}
		if k, ok := kinds[key]; ok && (rec.kind == "" || !k.pixels) && k.name != "" {
			rec.kind, rec.special = k.name, !k.pixels
		}
	}
	rec.opacity *= float64(fill) / 255
}

func unicodeName(r *reader) string {
	n := min(r.u32(), maxName)
	var u []uint16
	for range n {
		if c := r.u16(); c != 0 && !r.short {
			u = append(u, uint16(c))
		}
	}
	return string(utf16.Decode(u))
}

// macRoman keeps ASCII; what is beyond stands in the other name.
func macRoman(b []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, string(b))
}

// flatten puts each layer into its group. In the list, the lowest first, a group begins with its
// lower end and ends with its head; here it is an entry just above what is in it.
func (d *Document) flatten(all []record) {
	// From the top: a group's head comes first.
	around := []int{-1}
	var out []record
	for i := len(all) - 1; i >= 0; i-- {
		rec := all[i]
		rec.in = around[len(around)-1]
		switch {
		case rec.section == 3:
			if len(around) > 1 {
				around = around[:len(around)-1]
			}
			continue
		case rec.section == 1 || rec.section == 2:
			rec.group = true
			around = append(around, len(out))
		case rec.kind != "" && rec.special || rec.rect.Empty():
			if rec.kind != "" {
				d.note("the layer %q is %s, which isn't read: it was left out", rec.name, rec.kind)
			}
			continue
		case rec.kind != "":
			d.note("the layer %q is %s: it was opened as pixels", rec.name, rec.kind)
		}
		out = append(out, rec)
	}
	slices.Reverse(out)
	for i := range out {
		if out[i].in >= 0 {
			out[i].in = len(out) - 1 - out[i].in
		}
	}
	d.layers, d.Layers = out, len(out)
}
