package pipeline

import (
	"encoding/json"
	"fmt"
	"image"
	"path/filepath"
	"strings"
)

// Replay is a Request that ran, as it is written into pictures: with the plan it ran by,
// and without what must not leave the program (folders, the device). With the same
// pictures below and the same model it makes the same pixels.
type Replay struct {
	// Read is what Request.Image covered. It and every rectangle of Request are canvas
	// pixels as they were then: some random choices follow from the place.
	Read    image.Rectangle `json:"read"`
	Request Request         `json:"request"`
}

// Replay is the request of a result, ready to be written.
func (res *Result) Replay() Replay {
	q := res.Request.Identity().Clone()
	q.Regions = q.recordedRegions()
	for _, name := range q.files() {
		*name = baseName(*name)
	}
	read := res.Image.Rect
	if q.Task == SDUpscale && q.Image != nil {
		read = q.Image.Rect
	}
	return Replay{read, q}
}

func baseName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path[strings.LastIndexByte(path, '\\')+1:])
}

// ReadReplay reads what Replay wrote. What the person must add is the model's path, and
// Image and Mask, both with the bounds Read, and the pictures of its lists.
func ReadReplay(data []byte) (Replay, error) {
	var r Replay
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("pipeline: the record of a run: %w", err)
	}
	if r.Read.Empty() || !readable(r.Read.Size()) {
		return r, fmt.Errorf("pipeline: the record of a run reads %v, want a rectangle of at most %d pixels a side and %d megapixels", r.Read, maxReplay, maxReplayed>>20)
	}
	q := &r.Request
	for _, name := range q.files() { // the record may be anybody's, and opens no path
		*name = baseName(*name)
	}
	q.quiet()
	q.Literal = q.Literal || q.Templated()                                              // nothing was drawn when it ran
	q.Exact = len(q.Packed)+len(q.Parts) > 0 || q.Adapted == nil && len(q.wanted()) > 0 // see Request.before
	return r, nil
}

// quiet takes from references their say in a record of the time when no engine read them: one that
// acted names its module.
//
// 2026-11-28: they stay in the list, whose pictures are found by their numbers.
func (q *Request) quiet() {
	silence := func(guides []Guide) {
		for i, g := range guides {
			if g.Kind == GuideReference && g.Preprocessor == "" {
				guides[i].Weight = 0
			}
		}
	}
	silence(q.Guides)
	for i := range q.After {
		silence(q.After[i].Guides)
	}
}

// Bounds on what a record from a foreign file may ask to be read, which takes memory before
// anything else is looked at: pixels a side, and of a rectangle.
const (
	maxReplay   = 1 << 15
	maxReplayed = 1 << 28
)

// readable says whether so many pixels may be read, none of a rectangle that is turned over.
func readable(n image.Point) bool {
	return min(n.X, n.Y) >= 0 && max(n.X, n.Y) <= maxReplay && n.X*n.Y <= maxReplayed
}
