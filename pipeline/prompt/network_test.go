package prompt

import "testing"

// TestBlockWeightsOfATag: as A1111's extension reads them, by name or behind the strengths.
func TestBlockWeightsOfATag(t *testing.T) {
	for text, want := range map[string]struct {
		te, unet    float64
		list, rules string
		start, stop float64
	}{
		"lora:fog":                               {te: 1, unet: 1},
		"lora:fog:0.7:lbw=OUTALL":                {te: .7, unet: .7, list: "OUTALL"},
		"lora:fog:1:1:IN02":                      {te: 1, unet: 1, list: "IN02"},
		"lora:fog:0.7:0.5:ALL":                   {te: .7, unet: .5, list: "ALL"},
		"lora:fog:0.7:IN02":                      {te: .7, unet: .7, list: "IN02"},
		"lora:fog:1:lbw=1,0,.5:lbwe=ATTNDEEPOFF": {te: 1, unet: 1, list: "1,0,.5", rules: "ATTNDEEPOFF"},
		"lora:fog:1:1:1,0,.5:ATTNDEEPOFF":        {te: 1, unet: 1, list: "1,0,.5", rules: "ATTNDEEPOFF"},
		"lyco:fog:te=.2:unet=.4:w=MIDD":          {te: .2, unet: .4, list: "MIDD"},
		"lora:fog:1:step=5-10":                   {te: 1, unet: 1, start: 5, stop: 10},
		"lora:fog:1:start=.25:stop=12:lbw=INS":   {te: 1, unet: 1, list: "INS", start: .25, stop: 12},
		"lora:fog:1:step=5:stop=nan:start=-2":    {te: 1, unet: 1},
	} {
		n, ok := ReadNetwork(text)
		te, unet, _ := n.Multipliers()
		list, rules := n.Blocks()
		start, stop := n.Steps()
		if !ok || te != want.te || unet != want.unet || list != want.list || rules != want.rules || start != want.start || stop != want.stop {
			t.Errorf("%s: strengths %v and %v, blocks %q %q, steps %v to %v, want %+v", text, te, unet, list, rules, start, stop, want)
		}
	}
	for _, text := range []string{"", "lora", "lora:", "lora:fog>", "a <lora:fog"} {
		if n, ok := ReadNetwork(text); ok {
			t.Errorf("%q is read as %+v", text, n)
		}
	}
}
