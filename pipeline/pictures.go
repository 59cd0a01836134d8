package pipeline

import (
	"fmt"
	"image"
	"iter"
	"strconv"
)

// Picture is a place for a picture in a Request.
type Picture struct {
	colour **image.NRGBA
	mask   **image.Alpha // of the two pointers one is set
}

// Get is the *image.NRGBA or *image.Alpha that is there, nil for none.
func (p Picture) Get() image.Image {
	switch {
	case p.colour != nil && *p.colour != nil:
		return *p.colour
	case p.mask != nil && *p.mask != nil:
		return *p.mask
	}
	return nil
}

// Set puts a picture there; nil takes away what was there. It returns false, and changes
// nothing, where img is not of the place's type.
func (p Picture) Set(img image.Image) (ok bool) {
	switch {
	case p.colour != nil:
		return put(p.colour, img)
	case p.mask != nil:
		return put(p.mask, img)
	}
	return false
}

func put[T image.Image](place *T, img image.Image) bool {
	v, ok := img.(T)
	if ok || img == nil {
		*place = v
	}
	return ok || img == nil
}

// Pictures is every place for a picture in the request, at any depth, with its name. It is
// the only list of them: whatever writes, sends or compares pictures of requests ranges over
// it. Names are in files and never change; neither does the order, nor does it depend on
// which places are empty. Set changes the lists of every copy of the request that shares
// them (Clone).
func (q *Request) Pictures() iter.Seq2[string, Picture] {
	return func(yield func(string, Picture) bool) {
		v := visit(yield)
		ok := v.colour("image", &q.Image) && v.mask("mask", &q.Mask) && v.guides("", q.Guides)
		for i := 0; ok && i < len(q.Regions); i++ {
			r, at := &q.Regions[i], "regions."+strconv.Itoa(i)+"."
			ok = v.mask(at+"mask", &r.Mask) && v.guides(at, r.Guides)
		}
		if ok && q.Swap != nil {
			ok = v.colour("swap.face", &q.Swap.Face)
		}
		if ok && q.Backdrop != nil {
			ok = v.colour("backdrop.picture", &q.Backdrop.Picture)
		}
		if ok && q.Harmony != nil {
			ok = v.colour("harmony.layer", &q.Harmony.Layer)
		}
		for i := 0; ok && i < len(q.After); i++ {
			s, at := &q.After[i], "after."+strconv.Itoa(i)+"."
			ok = v.mask(at+"mask", &s.Mask) && v.guides(at, s.Guides)
		}
	}
}

type visit func(name string, p Picture) bool

func (v visit) colour(name string, p **image.NRGBA) bool { return v(name, Picture{colour: p}) }

func (v visit) mask(name string, p **image.Alpha) bool { return v(name, Picture{mask: p}) }

func (v visit) guides(at string, gs []Guide) bool {
	for i := range gs {
		name := at + "guides." + strconv.Itoa(i)
		if !v.colour(name+".image", &gs[i].Image) || !v.mask(name+".mask", &gs[i].Mask) {
			return false
		}
	}
	return true
}

// TakePictures puts the pictures of another request into q, place by place. Both must have
// the same places: lists of the same lengths.
func (q *Request) TakePictures(from Request) error {
	there := map[string]Picture{}
	for name, p := range from.Pictures() {
		there[name] = p
	}
	n := 0
	for name, p := range q.Pictures() {
		if o, ok := there[name]; !ok || !p.Set(o.Get()) {
			return fmt.Errorf("pipeline: a request without the picture %q, want one with the same lists", name)
		}
		n++
	}
	if n != len(there) {
		return fmt.Errorf("pipeline: a request of %d pictures, want the %d of the same lists", len(there), n)
	}
	return nil
}
