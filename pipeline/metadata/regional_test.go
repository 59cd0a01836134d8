package metadata

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// Recipes of regions: Regional Prompter's, and ours.
const (
	rp1 = "best ADDCOMM a room ADDBASE cat ADDCOL dog ADDROW sky\nNegative prompt: bad BREAK low BREAK dog BREAK cat\nSteps: 20, Sampler: Euler a, Seed: 1, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Rows, RP Calc Mode: Latent, RP Ratios: \"1;2;3,1;1\", RP Base Ratios: \"0.4,0.2\", RP Flip: True"
	rp2 = `a room <lora:x:1>` + "\n" + `Steps: 20, Sampler: Euler a, Seed: 1, Region base: 0.2, Regions: "[{\"prompt\":\"a\",\"weight\":1,\"box\":[0,0,0.5,1]},{\"prompt\":\"b\",\"negative\":\"c\",\"weight\":1,\"box\":[0.5,0,0.5,1]}]"`
)

// regional is a recipe of Regional Prompter's: its prompt, its negative, and parameters besides the usual.
func regional(prompt, negative, params string) *Recipe {
	return ParseA1111(prompt + "\nNegative prompt: " + negative + "\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, RP Active: True, RP Divide mode: Matrix, RP Calc Mode: Latent, " + params)
}

// drawn is where regions lie, and what they say, in a line each.
func drawn(q *Regional) string {
	var lines []string
	for _, g := range q.Regions {
		line := fmt.Sprintf("%.3g %.3g %.3g %.3g: %s", g.Box[0], g.Box[1], g.Box[2], g.Box[3], g.Prompt)
		if g.Negative != "" {
			line += " - " + g.Negative
		}
		if g.Weight != 1 {
			line += fmt.Sprintf(" × %g", g.Weight)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// Regional Prompter's prompts become regions where the extension puts them, in both directions and in two
// dimensions; what is common is in all of them, the base is the prompt.
func TestRegionalPromptsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		prompt, negative, params string
		whole, without           string
		base                     float64
		want                     string
	}{
		"columns": {"green BREAK red BREAK blue", "bad", `RP Matrix submode: Columns, RP Ratios: "1,2,1"`,
			"green, red, blue", "bad", 0, "0 0 0.25 1: green\n0.25 0 0.5 1: red\n0.75 0 0.25 1: blue"},
		"rows": {"green BREAK red", "bad", `RP Matrix submode: Vertical, RP Ratios: "3,1"`,
			"green, red", "bad", 0, "0 0 1 0.75: green\n0 0.75 1 0.25: red"},
		"two dimensions": {"(blue sky:1.2) ADDCOL hair ADDCOL (aquarium:1.3) ADDROW (messy desk:1.2) ADDCOL sofa", "bad", `RP Matrix submode: Columns, RP Ratios: "1,2,1,1;2,4,6"`,
			"(blue sky:1.2), hair, (aquarium:1.3), (messy desk:1.2), sofa", "bad", 0,
			"0 0 0.5 0.333: (blue sky:1.2)\n0.5 0 0.25 0.333: hair\n0.75 0 0.25 0.333: (aquarium:1.3)\n0 0.333 0.4 0.667: (messy desk:1.2)\n0.4 0.333 0.6 0.667: sofa"},
		"ratios for BREAK": {"a BREAK b BREAK c", "bad", `RP Matrix submode: Columns, RP Ratios: "1,2;3,1,1"`,
			"a, b, c", "bad", 0, "0 0 1 0.25: a\n0 0.25 0.5 0.75: b\n0.5 0.25 0.5 0.75: c"},
		"columns first": {"a ADDROW b ADDCOL c", "bad", `RP Matrix submode: Rows, RP Ratios: "1;1;3,2"`,
			"a, b, c", "bad", 0, "0 0 0.333 0.25: a\n0 0.25 0.333 0.75: b\n0.333 0 0.667 1: c"},
		"flipped": {"a BREAK b BREAK c", "bad", `RP Matrix submode: Columns, RP Ratios: "1;1,3;1;1", RP Flip: True`,
			"a, b, c", "bad", 0, "0 0 1 0.25: a\n0 0.25 0.5 0.75: b\n0.5 0.25 0.5 0.75: c"},
		"rows by ADDROW": {"a ADDROW b", "bad", `RP Matrix submode: Columns, RP Ratios: "1,3"`,
			"a, b", "bad", 0, "0 0 1 0.25: a\n0 0.25 1 0.75: b"},
		"common and base": {"best ADDCOMM a room ADDBASE cat ADDCOL dog", "bad ADDCOMM dog BREAK cat", `RP Matrix submode: Columns, RP Ratios: "1,1", RP Base Ratios: 0.2`,
			"best, a room", "bad, dog, cat", 0.2, "0 0 0.5 1: best, cat\n0.5 0 0.5 1: best, dog"},
		"by switches": {"best BREAK a room BREAK cat BREAK dog", "bad BREAK low BREAK dog BREAK cat", `RP Matrix submode: Columns, RP Ratios: "1,1", RP Base Ratios: "0.4,0.4", RP Use Base: True, RP Use Common: True, RP Use Ncommon: True`,
			"best, a room", "bad, low", 0.4, "0 0 0.5 1: best, cat - bad, dog\n0.5 0 0.5 1: best, dog - bad, cat"},
		"common that is in them": {"best, cat AND best, dog", "bad", `RP Matrix submode: Columns, RP Ratios: "1,1", RP Use Common: True`,
			"best, cat, best, dog", "bad", 0, "0 0 0.5 1: best, cat\n0.5 0 0.5 1: best, dog"},
		"two bases": {"a room ADDBASE cat ADDCOL dog", "bad", `RP Matrix submode: Columns, RP Ratios: "1,1", RP Base Ratios: "0.25,0.5"`,
			"a room", "bad", 0, "0 0 0.5 1: a room × 0.25\n0 0 0.5 1: cat × 0.75\n0.5 0 0.5 1: a room × 0.5\n0.5 0 0.5 1: dog × 0.5"},
		"adapters": {"best <lora:all:1> ADDCOMM <lora:fur:0.5> cat ADDCOL dog", "bad", `RP Matrix submode: Columns, RP Ratios: "1,1"`,
			"best, cat, dog <lora:all:1>", "bad", 0, "0 0 0.5 1: best, <lora:fur:0.5> cat\n0.5 0 0.5 1: best, dog"},
		"too few ratios": {"a ADDCOL b ADDCOL c", "bad", `RP Matrix submode: Columns, RP Ratios: "2,1"`,
			"a, b, c", "bad", 0, "0 0 0.5 1: a\n0.5 0 0.25 1: b\n0.75 0 0.25 1: c"},
		"chunks": {"a BREAK b ADDCOL c", "bad", `RP Matrix submode: Columns, RP Ratios: "1,1", RP Options: Use BREAK to change chunks`,
			"a BREAK b, c", "bad", 0, "0 0 0.5 1: a BREAK b\n0.5 0 0.5 1: c"},
	} {
		q := regional(c.prompt, c.negative, c.params).Regional()
		if q == nil || q.Prompt != c.whole || q.Negative != c.without || q.Base != c.base || drawn(q) != c.want {
			t.Errorf("%s: %+v\n%s\nwant %q, %q, %g\n%s", name, q, drawn(q), c.whole, c.without, c.base, c.want)
		}
	}
	attention := ParseA1111("a ADDCOL b <lora:fur:0.5>\nSteps: 20, Sampler: Euler a, Seed: 1, RP Active: True, RP Divide mode: Horizontal, RP Calc Mode: Attention, RP Ratios: \"1,1\"").Regional()
	if attention == nil || attention.Prompt != "a, b <lora:fur:0.5>" || drawn(attention) != "0 0 0.5 1: a\n0.5 0 0.5 1: b" {
		t.Errorf("adapters of the mode Attention: %+v", attention)
	}
	for _, off := range []string{"RP Active: False, RP Divide mode: Matrix", "Size: 512x512"} {
		if q := ParseA1111("a BREAK b\nSteps: 20, Sampler: Euler a, Seed: 1, " + off).Regional(); q != nil {
			t.Errorf("%s: %+v", off, q)
		}
	}
	if q := ParseA1111("a BREAK b\nSteps: 20, Sampler: Euler a, Seed: 1, RP Active: True, RP Divide mode: Mask, RP Ratios: \"1,1\"").Regional(); q == nil || len(q.Regions) > 0 || len(q.Left) != 1 {
		t.Errorf("a mask: %+v", q)
	}
}

// What we write of regions that fill the picture Regional Prompter reads, and gives them back; others stay in our own form.
func TestRegionsSurviveTheA1111Text(t *testing.T) {
	box := func(text string, x, y, w, h float64) Region {
		return Region{Prompt: text, Weight: 1, Box: [4]float64{x, y, w, h}}
	}
	third := 1.0 / 3
	negative, soft, spoken := box("c", 0.5, 0, 0.5, 1), box("c", 0.5, 0, 0.5, 1), box("c AND d", 0.5, 0, 0.5, 1)
	negative.Negative, soft.Feather = "low, worse", 8
	for name, c := range map[string]struct {
		regions []Region
		ratios  string // "": not by Regional Prompter
	}{
		"columns":        {[]Region{box("a, b", 0, 0, third, 1), box("b <lora:fur:0.5>", third, 0, third, 1), box("c", 2*third, 0, third, 1)}, "1,1,1"},
		"rows":           {[]Region{box("a", 0, 0, 1, 0.25), box("b", 0, 0.25, 1, 0.75)}, "1,3"},
		"a matrix":       {[]Region{box("a", 0, 0, 0.5, 0.4), box("b", 0.5, 0, 0.5, 0.4), box("c", 0, 0.4, 1, 0.6)}, "2,1,1;3,1"},
		"columns of two": {[]Region{box("a", 0, 0, 0.5, 0.4), box("b", 0, 0.4, 0.5, 0.6), box("c", 0.5, 0, 0.5, 1)}, "1;2;3,1;1"},
		"negatives":      {[]Region{box("a", 0, 0, 0.5, 1), negative}, "1,1"},
		"odd sides":      {[]Region{box("a", 0, 0, 0.61803, 1), box("b", 0.61803, 0, 0.38197, 1)}, "0.61803,0.38197"},
		"a gap":          {[]Region{box("a", 0, 0, 0.4, 1), box("b", 0.5, 0, 0.5, 1)}, ""},
		"a soft edge":    {[]Region{box("a", 0, 0, 0.5, 1), soft}, ""},
		"their words":    {[]Region{box("a", 0, 0, 0.5, 1), spoken}, ""},
		"one":            {[]Region{box("a", 0, 0, 1, 1)}, ""},
	} {
		for _, base := range []string{"", "0.25"} {
			text, _ := json.Marshal(c.regions)
			r := &Recipe{Prompt: "a meadow, wide <lora:all:0.7>", Negative: "grey"}
			for _, p := range [][2]string{{"Steps", "20"}, {"Sampler", "Euler a"}, {"Seed", "1"}, {RegionsKey, string(text)}, {RegionBaseKey, base}} {
				r.Set(p[0], p[1])
			}
			back := ParseA1111(r.Text())
			if c.ratios == "" {
				if got, _ := back.Get(RegionsKey); got != string(text) || back.Prompt != r.Prompt || back.Regional() != nil {
					t.Errorf("%s: %s", name, r.Text())
				}
				continue
			}
			q := back.Regional()
			ratios, _ := back.Get("RP Ratios")
			if _, ours := back.Get(RegionsKey); ours || q == nil || ratios != c.ratios || len(q.Regions) != len(c.regions) || q.Prompt != r.Prompt || q.Negative != r.Negative || q.Base != map[string]float64{"": 0, "0.25": 0.25}[base] {
				t.Errorf("%s: %+v from\n%s", name, q, r.Text())
				continue
			}
			for i, g := range q.Regions {
				want := c.regions[i]
				for k := range g.Box {
					if math.Abs(g.Box[k]-want.Box[k]) > 1e-4 {
						t.Errorf("%s: region %d lies at %v, want %v", name, i, g.Box, want.Box)
					}
				}
				if g.Prompt != want.Prompt || g.Negative != want.Negative {
					t.Errorf("%s: region %d is %+v, want %+v", name, i, g, want)
				}
			}
		}
	}
}

// comfyAreas is a graph whose positive conditions are given.
func comfyAreas(t *testing.T, positive string, nodes string) *Recipe {
	t.Helper()
	r, err := readComfy(`{"3":{"class_type":"KSampler","inputs":{"seed":1,"steps":20,"cfg":7,"sampler_name":"euler","scheduler":"normal","denoise":1,"model":["4",0],"positive":["` + positive + `",0],"negative":["7",0],"latent_image":["5",0]}},
		"4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"m.safetensors"}},"5":{"class_type":"EmptyLatentImage","inputs":{"width":512,"height":256,"batch_size":1}},
		"7":{"class_type":"CLIPTextEncode","inputs":{"text":"grey","clip":["4",1]}},"8":{"class_type":"VAEDecode","inputs":{"samples":["3",0],"vae":["4",2]}},"9":{"class_type":"SaveImage","inputs":{"images":["8",0]}},
		"10":{"class_type":"CLIPTextEncode","inputs":{"text":"a meadow","clip":["4",1]}},"11":{"class_type":"CLIPTextEncode","inputs":{"text":"a fox","clip":["4",1]}},"12":{"class_type":"CLIPTextEncode","inputs":{"text":"a barn","clip":["4",1]}},` + nodes + `}`)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Areas and boxes of masks in a graph of ComfyUI become regions that count what their strengths come to; what lies in no
// box is told, and the prompt is what was for the whole picture.
func TestComfyAreasAreRead(t *testing.T) {
	left := `"20":{"class_type":"ConditioningSetArea","inputs":{"conditioning":["11",0],"width":256,"height":256,"x":0,"y":0,"strength":%s}}`
	right := `"21":{"class_type":"ConditioningSetAreaPercentage","inputs":{"conditioning":["12",0],"width":0.5,"height":0.75,"x":%s,"y":0.25,"strength":1.5}}`
	combine := `"30":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["20",0],"conditioning_2":["21",0]}}`
	onto := `"31":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["30",0],"conditioning_2":["10",0]}}`
	masked := `"20":{"class_type":"ConditioningSetMask","inputs":{"conditioning":["11",0],"mask":["%s",0],"strength":0.5,"set_cond_area":"default"}},
		"40":{"class_type":"MaskComposite","inputs":{"destination":["41",0],"source":["42",0],"x":64,"y":32,"operation":"add"}},"41":{"class_type":"SolidMask","inputs":{"value":0,"width":256,"height":128}},
		"42":{"class_type":"SolidMask","inputs":{"value":1.0,"width":128,"height":64}},"43":{"class_type":"LoadImageMask","inputs":{"image":"fox.png","channel":"alpha"}}`
	all := func(parts ...string) string { return strings.Join(parts, ",") }
	for name, c := range map[string]struct {
		at, nodes, prompt, base, want string
		unread                        int
	}{
		"two areas": {"30", all(fmt.Sprintf(left, "1"), fmt.Sprintf(right, "0.5"), combine), "a fox\na barn", "", "0 0 0.5 1: a fox\n0.5 0.25 0.5 0.75: a barn × 1.5", 0},
		"on a text": {"31", all(fmt.Sprintf(left, "1.5"), fmt.Sprintf(right, "0.5"), combine, onto), "a meadow", "0.4", "0 0 0.5 1: a fox\n0.5 0.25 0.5 0.75: a barn", 0},
		"of two strengths": {"31", all(fmt.Sprintf(left, "1"), fmt.Sprintf(right, "0.5"), combine, onto), "a meadow", "",
			"0 0 1 1: a meadow\n0 0 0.5 1: a fox\n0.5 0.25 0.5 0.75: a barn × 1.5", 0},
		"that overlap": {"31", all(fmt.Sprintf(left, "1.5"), fmt.Sprintf(right, "0.25"), combine, onto), "a meadow", "",
			"0 0 1 1: a meadow\n0 0 0.5 1: a fox × 1.5\n0.25 0.25 0.5 0.75: a barn × 1.5", 0},
		"a mask":           {"30", all(fmt.Sprintf(masked, "40"), fmt.Sprintf(right, "0.5"), combine), "a fox\na barn", "", "0.25 0.25 0.5 0.5: a fox × 0.5\n0.5 0.25 0.5 0.75: a barn × 1.5", 0},
		"a mask of a file": {"31", all(fmt.Sprintf(masked, "43"), fmt.Sprintf(right, "0.5"), combine, onto), "a meadow", "0.4", "0.5 0.25 0.5 0.75: a barn", 1},
		"none":             {"30", `"30":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["10",0],"conditioning_2":["11",0]}}`, "a meadow\na fox", "", "", 0},
		"in a ring":        {"30", `"30":{"class_type":"ConditioningCombine","inputs":{"conditioning_1":["30",0],"conditioning_2":["20",0]}},` + fmt.Sprintf(left, "1"), "a fox", "", "0 0 0.5 1: a fox", 0},
	} {
		r := comfyAreas(t, c.at, c.nodes)
		var q Regional
		if text, ok := r.Get(RegionsKey); ok {
			if err := json.Unmarshal([]byte(text), &q.Regions); err != nil {
				t.Fatal(err)
			}
		}
		for _, g := range q.Regions { // what is under a text for the whole picture ends in a ramp
			if ramp := c.at == "31" && g.Box[2] < 1; ramp != (g.Shape != nil) {
				t.Errorf("%s: %q has a ramp %v, want %v", name, g.Prompt, g.Shape != nil, ramp)
			}
		}
		if base, _ := r.Get(RegionBaseKey); r.Prompt != c.prompt || r.Negative != "grey" || base != c.base || drawn(&q) != c.want || len(r.Unread) != c.unread {
			t.Errorf("%s: %q, base %q, unread %q\n%s\nwant %q, base %q\n%s", name, r.Prompt, base, r.Unread, drawn(&q), c.prompt, c.base, c.want)
		}
	}
}

// The editor's graph says the same by its widgets' places.
func TestComfyAreasOfAWorkflowAreRead(t *testing.T) {
	r, err := readWorkflow(`{"links":[[1,4,0,3,0,"MODEL"],[2,30,0,3,1,"CONDITIONING"],[3,7,0,3,2,"CONDITIONING"],[4,5,0,3,3,"LATENT"],[5,20,0,30,0,"CONDITIONING"],[6,21,0,30,1,"CONDITIONING"],[7,11,0,20,0,"CONDITIONING"],[8,12,0,21,0,"CONDITIONING"],[9,40,0,21,1,"MASK"],[10,41,0,40,0,"MASK"],[11,42,0,40,1,"MASK"]],"nodes":[
		{"id":3,"type":"KSampler","widgets_values":[1,"fixed",20,7,"euler","normal",1],"inputs":[{"name":"model","link":1},{"name":"positive","link":2},{"name":"negative","link":3},{"name":"latent_image","link":4}]},
		{"id":4,"type":"CheckpointLoaderSimple","widgets_values":["m.safetensors"]},{"id":5,"type":"EmptyLatentImage","widgets_values":[512,256,1]},{"id":7,"type":"CLIPTextEncode","widgets_values":["grey"]},
		{"id":11,"type":"CLIPTextEncode","widgets_values":["a fox"]},{"id":12,"type":"CLIPTextEncode","widgets_values":["a barn"]},
		{"id":20,"type":"ConditioningSetArea","widgets_values":[256,256,128,0,1.2],"inputs":[{"name":"conditioning","link":7}]},
		{"id":21,"type":"ConditioningSetMask","widgets_values":[0.5,"default"],"inputs":[{"name":"conditioning","link":8},{"name":"mask","link":9}]},
		{"id":40,"type":"MaskComposite","widgets_values":[0,128,"add"],"inputs":[{"name":"destination","link":10},{"name":"source","link":11}]},{"id":41,"type":"SolidMask","widgets_values":[0,512,256]},{"id":42,"type":"SolidMask","widgets_values":[1,256,128]},
		{"id":30,"type":"ConditioningCombine","inputs":[{"name":"conditioning_1","link":5},{"name":"conditioning_2","link":6}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var q Regional
	text, _ := r.Get(RegionsKey)
	if err := json.Unmarshal([]byte(text), &q.Regions); err != nil || drawn(&q) != "0.25 0 0.5 1: a fox × 1.2\n0 0.5 0.5 0.5: a barn × 0.5" {
		t.Errorf("%v: %s", err, drawn(&q))
	}
}

// One part that fills the picture is no region, and ratios without end cost no time.
func TestRegionalPromptsOfNoRegions(t *testing.T) {
	q := regional("1girl, solo <lora:x:1> BREAK", "bad", "RP Matrix submode: Horizontal, RP Ratios: 1").Regional()
	if q == nil || len(q.Regions) > 0 || q.Prompt != "1girl, solo <lora:x:1> BREAK" || len(q.Left) > 0 {
		t.Errorf("one part: %+v", q)
	}
	q = regional(strings.Repeat("a BREAK ", 100000), "bad", `RP Matrix submode: Columns, RP Ratios: "`+strings.Repeat("1,", 100000)+`1"`).Regional()
	if q == nil || len(q.Regions) > 0 || len(q.Left) != 1 {
		t.Errorf("very many: %d regions, %d remarks", len(q.Regions), len(q.Left))
	}
}

// Ratios that no picture can be cut by count as 1, and it is said which.
func TestMadRatiosAreTold(t *testing.T) {
	q := ParseA1111("a BREAK b BREAK c\nSteps: 20, Sampler: Euler a, Seed: 1, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Columns, RP Ratios: \"-1,1e308,2\"").Regional()
	if q == nil || len(q.Left) != 1 || !strings.Contains(q.Left[0], "-1, 1e308") || len(q.Regions) != 3 || q.Regions[2].Box[2] != 0.5 {
		t.Errorf("the regions are %+v", q)
	}
	if q = ParseA1111("a BREAK b\nSteps: 20, Sampler: Euler a, Seed: 1, RP Active: True, RP Divide mode: Matrix, RP Matrix submode: Columns, RP Ratios: \"1;2,3\"").Regional(); len(q.Left) != 0 {
		t.Errorf("of good ratios it is said %v", q.Left)
	}
}
