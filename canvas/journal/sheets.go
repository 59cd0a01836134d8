package journal

import (
	"slices"

	"pentimento/canvas"
)

// readMore reads what a layer packed as layerMore has besides pixels.
func (r *reader) readMore(u *unpack, l, old *sheet) error {
	flags := u.uint()
	has := func(flag uint64) bool { return flags&flag != 0 }
	p := &l.props
	p.Group, p.PassThrough, p.Collapsed, p.Clip, p.Guide = has(moreGroup), has(morePassThrough), has(moreCollapsed), has(moreClip), has(moreGuide)
	p.Parent, p.Lock = canvas.LayerID(u.uint()), canvas.Lock(u.byte())
	if has(moreText) {
		p.Text = slices.Clone(u.bytes())
	}
	if !has(moreMask) {
		return nil
	}
	p.Mask = &canvas.LayerMask{Off: has(moreMaskOff)}
	if u.byte() != 0 {
		p.Mask.Outside = 255
	}
	var before canvas.Grid[ref]
	if old != nil {
		before = old.mask
	}
	var err error
	l.mask, err = r.readGrid(u, before)
	return err
}
