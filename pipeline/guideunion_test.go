package pipeline

import (
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline/controlnet"
	"pentimento/pipeline/metadata"
)

// What a Union net is told follows from the preprocessor unless it is said; what isn't known, and what the net doesn't
// read, is refused with the kinds that it reads.
func TestTheTypeOfAMapFollowsFromItsModule(t *testing.T) {
	for _, c := range []struct {
		module, said string
		kinds        int
		want, err    string
	}{
		{"openpose_full", "", 6, "openpose", ""}, {"dw_openpose_full", "", 6, "openpose", ""}, {"depth_midas", "", 6, "depth", ""}, {"softedge_hed", "", 6, "softedge", ""},
		{"scribble_xdog", "", 6, "softedge", ""}, {"canny", "", 6, "canny", ""}, {"lineart_anime", "", 6, "canny", ""}, {"mlsd", "", 6, "canny", ""}, {"normal_midas", "", 6, "normal", ""},
		{"tile_resample", "", 8, "tile", ""}, {"inpaint_only", "", 8, "inpaint", ""}, {"none", "segment", 6, "segment", ""}, {"canny", "depth", 6, "depth", ""},
		{"tile_resample", "", 6, "", "type tile"}, {"none", "", 6, "", "isn't said"}, {"", "", 6, "", "isn't said"}, {"shuffle", "", 8, "", "isn't said"},
	} {
		got, err := Guide{Preprocessor: c.module, Type: c.said}.unionType(controlnet.UnionTypes()[:c.kinds])
		if got != c.want || (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || fault.Hint(err) == "") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

// The type stands in the recipe as the extension writes it, and comes back.
func TestTheTypeOfAMapIsRecorded(t *testing.T) {
	for _, kind := range controlnet.UnionTypes() {
		g := Guide{Kind: GuideControl, Model: "union.safetensors", Weight: 1, End: 1, Type: kind}
		unit := g.unit()
		if !strings.Contains(unit, "Union Control Type: "+title(unionWords, kind, 0, 1)) {
			t.Errorf("%s: the unit is %q", kind, unit)
		}
		back := RecalledGuides(&metadata.Recipe{Params: []metadata.Param{{Key: "ControlNet 0", Value: unit}}})
		if len(back) != 1 || back[0].Type != kind {
			t.Errorf("%s comes back as %+v", kind, back)
		}
	}
}
