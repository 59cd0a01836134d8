package pipeline

import (
	"fmt"
	"image"
)

// Reference is a picture that guides a fill without being part of what is read: for
// networks that take one (ControlNet, reference attention). A Request carries those that
// the person attached; an engine that has no use for them passes them by.
type Reference struct {
	Name   string          `json:"name"`
	Weight float64         `json:"weight"`        // 0..2, 1 is the usual
	Start  float64         `json:"start"`         // the part of the sampling in which it acts, 0..1
	End    float64         `json:"end"`           // not below Start
	Crop   image.Rectangle `json:"crop,omitzero"` // pixels of Image; empty: all of it
	Image  *image.NRGBA    `json:"-"`             // never written
}

// String is the reference in a few words, for lists of settings.
func (r Reference) String() string {
	text := fmt.Sprintf("%s × %.4g", r.Name, r.Weight)
	if r.Start != 0 || r.End != 1 {
		text += fmt.Sprintf(" from %.0f to %.0f %%", 100*r.Start, 100*r.End)
	}
	if !r.Crop.Empty() {
		text += fmt.Sprintf(", cropped to %d × %d", r.Crop.Dx(), r.Crop.Dy())
	}
	return text
}
