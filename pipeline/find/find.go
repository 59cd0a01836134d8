// Package find finds faces, eyes, mouths, hands, people, text and the things that a YOLO network knows in a picture,
// and makes masks of them, as ADetailer's extension has them: how sure and how large they must be, how many
// and in which order, grown or shrunk, moved, merged. It runs no network itself: whoever calls it evaluates
// them.
//
// Start at Spec and Look; finders.go is the table of what is found without a file of the person's, yolo.go
// reads what YOLO networks say (Redmon et al. 2016; the forms are those of Ultralytics' exports of YOLOv5, v8, v11
// and, without suppression, v10), text.go looks for text and textlines.go reads the map of it, shape.go draws masks,
// arrange.go does the rest. To add a thing that is found: a row in Finders. Everything here may be called by any goroutine and keeps nothing that it was given.
//
// 2026-11-28: a find's mask has the bounds of what it covers, so that a hundred faces of a large picture take
// little memory.
package find

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/people"
	"pentimento/pipeline/preprocess"
)

// Spec says what is looked for, and what of it counts. The zero value of a field but What leaves it as ADetailer does.
type Spec struct {
	What    string `json:"what"`              // a name of Finders, or the path of a YOLO network's file
	Classes string `json:"classes,omitempty"` // of a YOLO network: names or numbers of classes, with commas; "": all
	// Confidence is the least score that counts, 0 to 1; 0 is the row's Usual, of a YOLO network UsualConfidence.
	Confidence float64 `json:"confidence,omitempty"`
	// MinArea and MaxArea are parts of the picture's area, 0 to 1, that a box may take; MaxArea 0 is 1.
	MinArea float64 `json:"min_area,omitempty"`
	MaxArea float64 `json:"max_area,omitempty"`
	Top     int     `json:"top,omitempty"`    // at most so many count; 0: all
	TopBy   string  `json:"top_by,omitempty"` // which: ByArea or ByScore
	Sort    string  `json:"sort,omitempty"`   // in which order: one of Sorts
	Grow    int     `json:"grow,omitempty"`   // dilates masks by a square of so many pixels; below 0 erodes them
	X       int     `json:"x,omitempty"`      // moves masks right, in pixels
	Y       int     `json:"y,omitempty"`      // and up
	Merge   string  `json:"merge,omitempty"`  // one of Merges
}

// UsualConfidence is ADetailer's.
const UsualConfidence = 0.3

// The words for Spec.TopBy.
const (
	ByArea  = ""
	ByScore = "confidence"
)

// The words for Spec.Sort: as they were found, and ADetailer's three orders.
const (
	AsFound  = ""
	FromLeft = "left"
	FromMid  = "centre"
	BySize   = "area"
)

// The words for Spec.Merge.
const (
	Apart  = ""
	Merged = "merge"
	Invert = "invert" // merge, and paint all but that
)

// Sorts and Merges are the words that may be chosen.
var (
	Sorts  = []string{AsFound, FromLeft, FromMid, BySize}
	Merges = []string{Apart, Merged, Invert}
)

// Find is a thing that was found.
type Find struct {
	Box   image.Rectangle // pixels of the picture
	Score float64         // 0 to 1
	Class string          // what it is
	Mask  *image.Alpha    // 0 or 255; outside its bounds it is 0
}

// Area is how many pixels its box has.
func (f Find) Area() int { return f.Box.Dx() * f.Box.Dy() }

// Check refuses what cannot be meant.
func (s Spec) Check() error {
	one := func(word string, all ...string) bool {
		for _, w := range all {
			if w == word {
				return true
			}
		}
		return false
	}
	switch {
	case strings.TrimSpace(s.What) == "":
		return fault.New("find: nothing is named that is looked for", "There are "+Names()+", or a YOLO network's ONNX file.")
	case !(s.Confidence >= 0 && s.Confidence <= 1):
		return fmt.Errorf("find: a confidence of %g, want 0 to 1", s.Confidence)
	case !(s.MinArea >= 0 && s.MinArea <= 1 && s.MaxArea >= 0 && s.MaxArea <= 1):
		return fmt.Errorf("find: an area from %g to %g of the picture, want 0 to 1", s.MinArea, s.MaxArea)
	case s.Top < 0:
		return fmt.Errorf("find: the first %d, want 0 (all) or more", s.Top)
	case max(s.Grow, -s.Grow, s.X, -s.X) > 1<<14 || max(s.Y, -s.Y) > 1<<14:
		return fmt.Errorf("find: masks grown by %d and moved by %d, %d pixels, want at most %d", s.Grow, s.X, s.Y, 1<<14)
	case !one(s.TopBy, ByArea, ByScore):
		return fmt.Errorf("find: the first by %q, want area or confidence", s.TopBy)
	case !one(s.Sort, Sorts...):
		return fmt.Errorf("find: in the order %q, want left, centre or area", s.Sort)
	case !one(s.Merge, Merges...):
		return fmt.Errorf("find: masks merged by %q, want merge or invert", s.Merge)
	}
	return nil
}

// Least is the score that counts.
func (s Spec) Least() float64 {
	if s.Confidence > 0 {
		return s.Confidence
	}
	if row, err := Named(s.What); err == nil {
		return row.Usual
	}
	return UsualConfidence
}

// Networks evaluates the networks that a search needs: those of Finders by name (Eval, Planes), and a YOLO network of the
// person's.
type Networks struct {
	Eval people.Eval
	// Planes evaluates a network on a picture of w × h pixels, [1, 3, h, w], and gives its first output.
	Planes func(ctx context.Context, network string, w, h int, in []float32) ([]float32, error)
	Yolo   *Yolo              // nil: What is a row of Finders
	Report func(done float64) // of a search that takes long, 0 to 1; may be nil
}

// Look finds what spec asks for in a picture of three channels, and arranges it. Places are pixels of the picture from 0, 0;
// nothing found is no error.
func Look(ctx context.Context, p preprocess.Picture, spec Spec, n Networks) ([]Find, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if p.Channels != 3 || p.W < 1 || p.H < 1 || len(p.Pix) != 3*p.W*p.H {
		return nil, fmt.Errorf("find: found a picture of %d × %d pixels and %d channels, want three channels", p.W, p.H, p.Channels)
	}
	var found []Find
	var err error
	if n.Yolo != nil {
		found, err = n.Yolo.look(ctx, p, spec)
	} else {
		var row Finder
		if row, err = Named(spec.What); err == nil {
			found, err = row.look(ctx, p, spec.Least(), n)
			for i := range found {
				found[i].Class = row.class()
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return Arrange(found, spec, image.Pt(p.W, p.H)), ctx.Err()
}

// boxOf is the rectangle of whole pixels about places, within a picture of a size.
func boxOf(left, top, right, bottom float64, size image.Point) image.Rectangle {
	at := func(v float64, most int, up bool) int {
		v = math.Min(math.Max(v, 0), float64(most))
		if up {
			return int(math.Ceil(v))
		}
		return int(v)
	}
	return image.Rect(at(left, size.X, false), at(top, size.Y, false), at(right, size.X, true), at(bottom, size.Y, true))
}
