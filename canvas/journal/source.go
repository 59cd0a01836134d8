package journal

import (
	"weak"

	"pentimento/canvas"
)

// source writes what the opened picture's file said and had, where it is not there yet, and
// returns its number.
func (l *log) source(s *canvas.Source) (uint32, error) {
	k := weak.Make(s)
	if num, ok := l.sources[k]; ok {
		return num, nil
	}
	num := l.nextSource
	l.nextSource++
	var p pack
	p.uint(uint64(num))
	p.uint(uint64(s.Layer))
	p.bytes(s.Profile)
	p.bytes(s.Meaning)
	if s.Exact == nil {
		p.uint(0)
	} else {
		pic, err := l.raster(s.Exact)
		if err != nil {
			return 0, err
		}
		p.uint(uint64(pic) + 1)
	}
	l.sources[k] = num
	l.undo = append(l.undo, func() { delete(l.sources, k) })
	l.add(kindSource, p.b)
	return num, l.flushLarge()
}

// told is a source made of refs.
type told struct {
	layer            canvas.LayerID
	profile, meaning []byte
	exact            uint32 // raster plus one
	made             *canvas.Source
}

func (r *reader) readSource(u *unpack) error {
	num := uint32(u.uint())
	t := &told{layer: canvas.LayerID(u.uint()), profile: some(u.bytes()), meaning: some(u.bytes()), exact: uint32(u.uint())}
	if t.exact > 0 && r.rasters[t.exact-1] == nil {
		return &Error{Text: "a source names a missing picture"}
	}
	r.sources[num], r.log.nextSource = t, max(r.log.nextSource, num+1)
	return nil
}

// some is b, nil where it has no bytes.
func some(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// told is the source, the same in every step that has it.
func (v *reviver) told(t *told) (*canvas.Source, error) {
	if t.made != nil {
		return t.made, nil
	}
	made := &canvas.Source{Profile: t.profile, Meaning: t.meaning, Layer: t.layer}
	if t.exact > 0 {
		img, err := v.picture(t.exact - 1)
		if err != nil {
			return nil, err
		}
		made.Exact = img
	}
	t.made = made
	return made, nil
}
