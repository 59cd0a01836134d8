package keeping

import (
	"image"

	"pentimento/app/fills"
	"pentimento/canvas"
)

// paintRegions paints three regions, the second of which nothing was painted of yet; the third is removed.
func (b *bench) paintRegions() {
	sky := b.Fills.AddRegion(canvas.CoverRect(image.Rect(-20, -10, 50, 20)), nil)
	empty := b.Fills.AddRegion(canvas.Grid[canvas.MaskTile]{}, nil)
	gone := b.Fills.AddRegion(canvas.CoverRect(image.Rect(0, 0, 9, 9)), nil)
	b.Fills.ChangeRegion(sky, func(r *fills.Region) {
		r.Name, r.Prompt, r.Negative, r.Weight, r.Over, r.Feather, r.Colour = "sky", "clouds at dusk", "birds", 1.5, true, 12, 3
	})
	b.Fills.ChangeRegion(empty, func(r *fills.Region) { r.Prompt, r.Off = "a crane", true })
	b.Fills.ChangeRegion(gone, func(r *fills.Region) { r.Prompt = "what was thought better of" })
	b.Fills.SetRegionBase(0.25)
	b.Fills.RemoveRegion(gone)
}
