package tools

// The mask brush and eraser are the brush on another surface: what the mask covers may
// be changed by a fill. Light pressure makes them smaller but never thinner, since a
// half-masked pixel is seldom meant.

func newMask() Tool       { return &brush{label: "Mask", onMask: true} }
func newMaskEraser() Tool { return &brush{label: "Erase mask", onMask: true, erases: true} }
