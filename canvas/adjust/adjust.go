// Package adjust changes the colours and the sharpness of a layer: levels, curves, hue,
// brightness, blur and so on, as commands whose result is another State. It knows no window.
//
// Start at Change, which says what is done to a pixel, and Change.Layer, which does it to a
// layer. levels.go, curve.go, colour.go and blur.go make Changes of what a person sets;
// histogram.go counts.
//
// 2026-11-27: all of it works on straight alpha in the document's own encoded values, 0..1,
// as painting programs do: a level of 128 is the middle of the histogram that is shown.
// Only Gaussian blur mixes pixels, and does so premultiplied.
package adjust

// Change is what is done to a layer's pixels, in this order: blur, each channel on its own,
// the three together. The zero Change does nothing.
type Change struct {
	Blur *Blur
	// Each maps a channel's value, 0..1 to 0..1; nil: as it is.
	Each [3]func(float64) float64
	// Together maps red, green and blue, 0..1 each; nil: as they are.
	Together func(rgb [3]float64) [3]float64
	// Grey says that a grey pixel stays grey.
	Grey bool
}

// Deep says whether samples of 16 bits keep their depth: all but blurs do.
func (c *Change) Deep() bool { return c.Blur == nil }

// Nothing says whether no pixel would change.
func (c *Change) Nothing() bool {
	return c.Blur.nothing() && c.Each[0] == nil && c.Each[1] == nil && c.Each[2] == nil && c.Together == nil
}
