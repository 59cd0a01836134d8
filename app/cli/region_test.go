package cli

import (
	"strings"
	"testing"

	"pentimento/pipeline"
)

// A region is read from one text: where, keys, prompt and negative; what is wrong in it is said.
func TestRegionFlag(t *testing.T) {
	for text, want := range map[string]pipeline.Region{
		"0,0,50%,1 => a fox": {Prompt: "a fox", Weight: 1, Box: [4]float64{0, 0, 0.5, 1}},
		"0.25, 10%, .5,.5:weight=2:feather=16=>a (fox:1.2)=>x": {Prompt: "a (fox:1.2)", Negative: "x", Weight: 2, Feather: 16, Box: [4]float64{0.25, 0.1, 0.5, 0.5}},
		"0,0,1,1:over=yes => a=b, c:d":                         {Prompt: "a=b, c:d", Weight: 1, Over: true, Box: [4]float64{0, 0, 1, 1}},
	} {
		var r regionFlags
		if err := r.Set(text); err != nil || len(r) != 1 || r[0].Prompt != want.Prompt || r[0].Negative != want.Negative || r[0].Weight != want.Weight || r[0].Feather != want.Feather || r[0].Over != want.Over || r[0].Box != want.Box || r[0].mask != "" {
			t.Errorf("%q is read as %+v, %v", text, r, err)
		}
	}
	var r regionFlags
	if err := r.Set(`C:\masks\sky.png:weight=0.5 => clouds`); err != nil || r[0].mask != `C:\masks\sky.png` || r[0].Weight != 0.5 {
		t.Errorf("a mask of Windows is read as %+v, %v", r, err)
	}
	for text, want := range map[string]string{"a fox": "WHERE", "0,0,2,1 => x": "within", "0,0,1,0=>x": "within", "0,0,1,1:size=3=>x": "size=", "0,0,1,1:weight=big=>x": "number", "0,0,1,1:over=1=>x": "yes or no", " => x": "nothing says"} {
		var r regionFlags
		if err := r.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}
