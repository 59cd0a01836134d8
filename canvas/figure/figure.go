// Package figure holds people as the places of their joints, which a guide layer shows as a drawn pose
// (canvas.Layer.Text): values that are read from a layer, changed, and written back. It draws nothing.
//
// Start at Figure. A body has OpenPose's 18 places: nose, neck; shoulder, elbow, wrist, right and then
// left; hip, knee, ankle, right and then left; right eye, left eye, right ear, left ear. A hand has 21: the
// wrist, then four a finger from the thumb on. Values are never written once they are in a layer.
package figure

import (
	"encoding/json"
	"image"
	"math"
	"slices"
)

// Body and Hand are how many places they have.
const (
	Body = 18
	Hand = 21
)

// The limits of what a layer may say.
const (
	maxPeople = 64
	maxFace   = 512
	maxAway   = 1 << 20 // of a place from the layer's own corner
	maxUnit   = 64
)

// Place is where a joint lies, in the layer's own pixels. A hidden one is not drawn, nor is what ends there.
type Place struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Hidden bool    `json:"hidden,omitempty"`
}

// Person is one of them. Left, Right and Face may be empty.
type Person struct {
	Body  []Place `json:"body"`
	Left  []Place `json:"left,omitempty"`
	Right []Place `json:"right,omitempty"`
	Face  []Place `json:"face,omitempty"`
}

// Figure is all people of a layer.
type Figure struct {
	// Unit is how many pixels of the layer a pixel of the drawing is: networks know limbs of one width.
	Unit   float64  `json:"unit"`
	People []Person `json:"people"`
}

// Joint names a place: the person, and its number in Person.Joints.
type Joint struct{ Person, Place int }

// Decode reads what a layer says; ok is false where that is no figure, or an impossible one.
func Decode(data []byte) (f Figure, ok bool) {
	if json.Unmarshal(data, &f) != nil || len(f.People) == 0 || len(f.People) > maxPeople || !(f.Unit >= 1.0/maxUnit && f.Unit <= maxUnit) {
		return Figure{}, false
	}
	for _, p := range f.People {
		if len(p.Body) != Body || !handed(p.Left) || !handed(p.Right) || len(p.Face) > maxFace {
			return Figure{}, false
		}
		for _, at := range p.all() {
			if !(math.Abs(at.X) <= maxAway && math.Abs(at.Y) <= maxAway) {
				return Figure{}, false
			}
		}
	}
	return f, true
}

func handed(places []Place) bool { return len(places) == 0 || len(places) == Hand }

// Encode is what a layer says of it.
func (f Figure) Encode() []byte {
	data, _ := json.Marshal(f) // of finite numbers, which Move keeps
	return data
}

// Joints are the places that can be taken hold of, the body first.
func (p Person) Joints() []Place { return slices.Concat(p.Body, p.Left, p.Right) }

func (p Person) all() []Place { return append(p.Joints(), p.Face...) }

// Nearest is the joint next to a place, at most so far away; ok is false where there is none. Of several
// that lie there the one of the last person, which is drawn on top, comes first.
func (f Figure) Nearest(x, y, reach float64) (best Joint, ok bool) {
	for i, p := range f.People {
		for k, at := range p.Joints() {
			if d := math.Hypot(at.X-x, at.Y-y); d <= reach {
				best, ok, reach = Joint{i, k}, true, d
			}
		}
	}
	return best, ok
}

// Move is the figure with a joint, or with the whole person that it is of, moved by so much. A joint that is
// moved is seen. One that would leave the plane stays.
func (f Figure) Move(j Joint, dx, dy float64, whole bool) Figure {
	return f.change(j, func(k int, p Place) Place {
		to := Place{p.X + dx, p.Y + dy, p.Hidden && k != j.Place}
		if (k != j.Place && !whole) || !(math.Abs(to.X) <= maxAway && math.Abs(to.Y) <= maxAway) {
			return p
		}
		return to
	})
}

// Hide is the figure with a joint hidden, or shown again.
func (f Figure) Hide(j Joint) Figure {
	return f.change(j, func(k int, p Place) Place {
		if k == j.Place {
			p.Hidden = !p.Hidden
		}
		return p
	})
}

// change is a copy with one person's places changed; those of the face have numbers beyond the joints'.
func (f Figure) change(j Joint, to func(k int, p Place) Place) Figure {
	f.People = slices.Clone(f.People)
	p := &f.People[j.Person]
	n := 0
	for _, list := range []*[]Place{&p.Body, &p.Left, &p.Right, &p.Face} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i] = to(n, (*list)[i])
			n++
		}
	}
	return f
}

// Bounds holds all that is drawn, in the layer's own pixels; it is empty where nothing is.
func (f Figure) Bounds() image.Rectangle {
	var r image.Rectangle
	wide := int(math.Ceil(6*f.Unit)) + 1 // a joint's disc, and rounding
	for _, p := range f.People {
		for _, at := range p.all() {
			if c := image.Pt(int(math.Floor(at.X)), int(math.Floor(at.Y))); !at.Hidden {
				r = r.Union(image.Rectangle{c, c}.Inset(-wide))
			}
		}
	}
	return r
}

// standing is a person who stands and is looked at from the front, in parts of the height: from the middle,
// and from the top.
var standing = [Body][2]float64{
	{0, .08}, {0, .19},
	{-.11, .19}, {-.14, .34}, {-.15, .48}, {.11, .19}, {.14, .34}, {.15, .48},
	{-.065, .5}, {-.075, .73}, {-.08, .95}, {.065, .5}, {.075, .73}, {.08, .95},
	{-.02, .062}, {.02, .062}, {-.045, .07}, {.045, .07},
}

// Standing is a person who stands in a rectangle of the layer.
func Standing(r image.Rectangle) Person {
	high := math.Min(0.9*float64(r.Dy()), 2.4*float64(r.Dx()))
	x, y := float64(r.Min.X+r.Max.X)/2, float64(r.Min.Y+r.Max.Y)/2-high/2
	p := Person{Body: make([]Place, Body)}
	for i, at := range standing {
		p.Body[i] = Place{X: math.Round(x + at[0]*high), Y: math.Round(y + at[1]*high)}
	}
	return p
}

// UnitFor is the Unit of a drawing over a rectangle: maps of poses are made with a shorter side of 512 pixels.
func UnitFor(r image.Rectangle) float64 {
	return min(max(float64(min(r.Dx(), r.Dy()))/512, 1.0/maxUnit), maxUnit)
}
