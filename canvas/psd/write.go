package psd

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"iter"
	"unicode/utf16"
)

// MaxWritten is the longest side of a PSD, in pixels: more is only in its large form.
const MaxWritten = 30000

// Picture is what Write makes a file of.
type Picture struct {
	// Merged is the picture as it is seen; its upper left corner is that of the file, wherever it
	// lies.
	Merged *image.NRGBA
	// Layers are handed out the lowest first, once, in the coordinates of Merged; they may
	// reach beyond it. A group is one that Ends, what is in it, and its head, without pixels.
	// Index and In don't count. nil: none.
	Layers iter.Seq[Layer]
	// Resources, nil for none. Own is a list of the program's own.
	Profile, EXIF, XMP, Own []byte
	PerMetre                [2]float64 // pixels a metre; 0: not said
}

// Known says whether a blend mode, as OpenRaster calls it, has a name in the file.
func Known(blend string) bool { return letters(blend) != "" }

func letters(blend string) string {
	for key, name := range blends {
		if name == blend {
			return key
		}
	}
	return ""
}

// Write writes a PSD of 8 bits a channel, RGB, with runs of equal bytes packed. A layer whose
// blend mode is not Known is written as normal. It ends early with ctx.Err().
func Write(ctx context.Context, w io.Writer, p Picture) error {
	size := p.Merged.Rect.Size()
	if size.X < 1 || size.Y < 1 || max(size.X, size.Y) > MaxWritten {
		return fmt.Errorf("psd: a picture of %d×%d pixels, want 1 to %d a side", size.X, size.Y, MaxWritten)
	}
	alpha := !p.Merged.Opaque()
	channels := 3
	if alpha {
		channels = 4
	}
	be := binary.BigEndian
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = be.AppendUint16(out, uint16(channels))
	out = be.AppendUint32(be.AppendUint32(out, uint32(size.Y)), uint32(size.X))
	out = be.AppendUint16(be.AppendUint16(out, 8), rgb)
	out = be.AppendUint32(out, 0) // no palette
	out = sized(out, p.resources())
	layers, err := p.layers(ctx, alpha)
	if err != nil {
		return err
	}
	if uint64(len(layers)) > 1<<31 {
		return fmt.Errorf("psd: layers of %d bytes, want at most 2 GiB", len(layers))
	}
	if _, err := w.Write(sized(out, layers)); err != nil {
		return err
	}
	merged, err := pack(ctx, p.Merged, channels, true)
	if err != nil {
		return err
	}
	lengths, data := be.AppendUint16(nil, runs), []byte(nil)
	for _, c := range merged {
		lengths, data = append(lengths, c.lengths...), append(data, c.data...)
	}
	if _, err := w.Write(lengths); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// sized appends a section behind its length.
func sized(dst, section []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(section))), section...)
}

// resOwn is of those numbers that are for plug-ins.
const resOwn = 4017

func (p *Picture) resources() (out []byte) {
	be := binary.BigEndian
	add := func(id uint16, body []byte) {
		if body == nil {
			return
		}
		out = append(be.AppendUint16(append(out, "8BIM"...), id), 0, 0) // no name
		if out = sized(out, body); len(body)%2 != 0 {
			out = append(out, 0)
		}
	}
	if p.PerMetre[0] > 0 && p.PerMetre[1] > 0 {
		inch := func(v float64) []byte { // 16.16; shown in inches, sizes too
			return append(be.AppendUint32(nil, uint32(min(v*0.0254*65536+0.5, 1<<32-1))), 0, 1, 0, 1)
		}
		add(resResolution, append(inch(p.PerMetre[0]), inch(p.PerMetre[1])...))
	}
	add(resProfile, p.Profile)
	add(resEXIF, p.EXIF)
	add(resXMP, p.XMP)
	add(resOwn, p.Own)
	name := utf16Text("Pentimento")
	version := append([]byte{0, 0, 0, 1, 1}, name...) // the flattened picture is there
	add(resVersion, append(append(version, name...), 0, 0, 0, 1))
	return out
}

// utf16Text is a text behind the count of its units.
func utf16Text(s string) []byte {
	u := utf16.Encode([]rune(s))
	out := binary.BigEndian.AppendUint32(nil, uint32(len(u)))
	for _, c := range u {
		out = binary.BigEndian.AppendUint16(out, c)
	}
	return out
}

// layers is the section of layers: their records, then their channels.
func (p *Picture) layers(ctx context.Context, alpha bool) ([]byte, error) {
	if p.Layers == nil {
		return nil, nil
	}
	be := binary.BigEndian
	var records, data []byte
	n := 0
	for l := range p.Layers {
		if n++; n > maxLayers {
			return nil, fmt.Errorf("psd: more than %d layers", maxLayers)
		}
		group := l.Pixels == nil
		if group {
			l.Pixels = &image.NRGBA{}
		}
		r, mask := moved(l.Pixels.Rect, p.Merged.Rect.Min), image.Rectangle{}
		if l.Mask != nil {
			mask = moved(l.Mask.Rect, p.Merged.Rect.Min)
		}
		if big := r.Union(mask); !sane(r) || !sane(mask) || max(big.Dx(), big.Dy()) > MaxWritten {
			return nil, fmt.Errorf("psd: layer %q: %v, want at most %d pixels a side", l.Name, big, MaxWritten)
		}
		planes, err := pack(ctx, l.Pixels, 4, false)
		if err != nil {
			return nil, err
		}
		ids, packed := []int16{-1, 0, 1, 2}, []packedPlane{planes[3], planes[0], planes[1], planes[2]}
		if l.Mask != nil {
			ids, packed = append(ids, -2), append(packed, packMask(l.Mask))
		}
		records = be.AppendUint16(placed(records, r), uint16(len(ids)))
		for i, c := range packed {
			records = be.AppendUint16(records, uint16(ids[i]))
			records = be.AppendUint32(records, uint32(2+len(c.lengths)+len(c.data)))
			data = append(append(be.AppendUint16(data, runs), c.lengths...), c.data...)
		}
		records = append(records, l.record(group, mask)...)
	}
	if n == 0 {
		return nil, nil
	}
	if alpha {
		n = -n // the picture's fourth channel is its transparency
	}
	list := append(append(be.AppendUint16(nil, uint16(int16(n))), records...), data...)
	for len(list)%4 != 0 {
		list = append(list, 0)
	}
	return append(sized(nil, list), 0, 0, 0, 0), nil // no mask of the whole
}

// moved is a rectangle in pixels of the file; an empty one is at its corner.
func moved(r image.Rectangle, corner image.Point) image.Rectangle {
	if r.Empty() {
		return image.Rectangle{}
	}
	return r.Sub(corner)
}

// placed appends a rectangle: top, left, bottom, right.
func placed(dst []byte, r image.Rectangle) []byte {
	for _, v := range []int{r.Min.Y, r.Min.X, r.Max.Y, r.Max.X} {
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(v)))
	}
	return dst
}

// record is what stands of a layer behind its channels' lengths; mask is where its mask lies.
func (l Layer) record(group bool, mask image.Rectangle) []byte {
	mode := letters(l.Blend)
	switch {
	case l.Ends:
		l = Layer{Name: "</Layer group>", Visible: true, Opacity: 1, Ends: true}
		mode = "norm"
	case group && l.PassThrough:
		mode = "pass"
	case mode == "":
		mode = "norm"
	}
	flags := byte(8) // they mean what they mean since Photoshop 5
	if !l.Visible {
		flags |= 2
	}
	out := append([]byte("8BIM"+mode), byte(l.Opacity*255+0.5), bit(l.Clipped, 1), flags, 0)
	name := []rune(l.Name)
	name = name[:min(len(name), maxName)]
	plain := []byte(macRoman([]byte(string(name))))
	plain = plain[:min(len(plain), maxName)]
	var extra, hides []byte
	if l.Mask != nil {
		hides = append(placed(nil, mask), l.MaskOutside, bit(l.MaskOff, 2), 0, 0)
	}
	extra = append(sized(extra, hides), 0, 0, 0, 0, byte(len(plain))) // no ranges to blend
	for extra = append(extra, plain...); len(extra)%4 != 0; {
		extra = append(extra, 0)
	}
	long := utf16Text(string(name))
	for len(long)%4 != 0 {
		long = append(long, 0)
	}
	block := func(key string, body []byte) { extra = append(extra, sized([]byte("8BIM"+key), body)...) }
	block("luni", long)
	if locks := bit(l.LockAlpha, 1) | bit(l.LockPixels, 2) | bit(l.LockPosition, 4); locks != 0 {
		block("lspf", []byte{0, 0, 0, locks})
	}
	switch {
	case l.Ends:
		block("lsct", []byte{0, 0, 0, 3})
	case group:
		block("lsct", append([]byte{0, 0, 0, 1 + bit(l.Collapsed, 1)}, "8BIM"+mode...))
	}
	return sized(out, extra)
}

func bit(on bool, value byte) byte {
	if on {
		return value
	}
	return 0
}

// packedPlane is a channel: the lengths of its packed rows, and those.
type packedPlane struct{ lengths, data []byte }

// pack packs the channels of a picture. matted lays colours on white, as the flattened picture
// is stored.
func pack(ctx context.Context, img *image.NRGBA, channels int, matted bool) ([4]packedPlane, error) {
	var out [4]packedPlane
	w := img.Rect.Dx()
	row := make([]byte, w)
	for y := range img.Rect.Dy() {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		src := img.Pix[y*img.Stride:][:4*w]
		for c := range channels {
			for x := range row {
				v := src[4*x+c]
				if a := int(src[4*x+3]); matted && a < 255 && c < 3 {
					v = uint8(255 - (a*(255-int(v))+127)/255)
				}
				row[x] = v
			}
			p := &out[c]
			n := len(p.data)
			p.data = packRow(p.data, row)
			p.lengths = binary.BigEndian.AppendUint16(p.lengths, uint16(len(p.data)-n))
		}
	}
	return out, nil
}

func packMask(m *image.Alpha) (p packedPlane) {
	for y := range m.Rect.Dy() {
		n := len(p.data)
		p.data = packRow(p.data, m.Pix[y*m.Stride:][:m.Rect.Dx()])
		p.lengths = binary.BigEndian.AppendUint16(p.lengths, uint16(len(p.data)-n))
	}
	return p
}

// packRow appends a row as Apple's runs (PackBits): n+1 bytes as they are, or one 1−n times.
func packRow(dst, row []byte) []byte {
	const most = 128
	for i := 0; i < len(row); {
		same := 1
		for i+same < len(row) && same < most && row[i+same] == row[i] {
			same++
		}
		if same > 1 {
			dst = append(dst, byte(1-same), row[i])
			i += same
			continue
		}
		from := i
		for i++; i < len(row) && i-from < most && (i+1 >= len(row) || row[i+1] != row[i] || i+2 < len(row) && row[i+2] != row[i]); i++ {
		}
		dst = append(append(dst, byte(i-from-1)), row[from:i]...)
	}
	return dst
}
