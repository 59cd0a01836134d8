package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/preprocess"
)

// Guides in the parameters of pictures, as A1111's extension sd-webui-controlnet writes its units:
// ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny, Weight: 1, …". The pictures
// themselves are in no recipe.

var (
	controlModes   = [][2]string{{ModeBalanced, "Balanced"}, {ModePrompt, "My prompt is more important"}, {ModeControl, "ControlNet is more important"}}
	controlResizes = [][2]string{{ResizeStretch, "Just Resize"}, {ResizeCrop, "Crop and Resize"}, {ResizeFill, "Resize and Fill"}}
	controlUnit    = regexp.MustCompile(`^ControlNet \d+$`)
)

// moduleKinds are the beginnings of the extension's modules that mean other kinds.
var moduleKinds = [][2]string{{"reference", GuideReference}, {"ip-adapter", "ip_adapter"}}

// title is the extension's word for one of ours, and back.
func title(rows [][2]string, text string, from, to int) string {
	for _, r := range rows {
		if strings.EqualFold(r[from], text) {
			return r[to]
		}
	}
	return ""
}

// unit is a guide as the extension writes it.
func (g Guide) unit() string {
	yes := func(b bool) string { return map[bool]string{true: "True", false: "False"}[b] }
	plain := func(s string) string { return strings.NewReplacer(",", " ", ":", " ").Replace(s) }
	if g.Kind == GuideReference {
		g.A = &g.Fidelity
	}
	model := "None"
	if g.Model != "" {
		model = plain(withoutEnding(baseName(g.Model)))
	}
	fields := [][2]string{{"Module", cmp.Or(plain(g.Preprocessor), "none")}, {"Model", model}, {"Weight", short(g.Weight)},
		{"Resize Mode", title(controlResizes, cmp.Or(g.Resize, ResizeCrop), 0, 1)}}
	if g.Resolution > 0 {
		fields = append(fields, [2]string{"Processor Res", strconv.Itoa(g.Resolution)})
	}
	for name, v := range map[string]*float64{"Threshold A": g.A, "Threshold B": g.B} {
		if v != nil {
			fields = append(fields, [2]string{name, short(*v)})
		}
	}
	slices.SortStableFunc(fields[4:], func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	fields = append(fields, [2]string{"Guidance Start", short(g.Start)}, [2]string{"Guidance End", short(g.End)},
		[2]string{"Pixel Perfect", yes(g.PixelPerfect)}, [2]string{"Control Mode", title(controlModes, cmp.Or(g.Mode, ModeBalanced), 0, 1)})
	if g.Type != "" {
		fields = append(fields, [2]string{"Union Control Type", title(unionWords, g.Type, 0, 1)})
	}
	var out []string
	for _, f := range fields {
		out = append(out, f[0]+": "+f[1])
	}
	return strings.Join(out, ", ")
}

func withoutEnding(name string) string {
	for _, e := range []string{".safetensors", ".pth", ".pt", ".ckpt", ".bin"} {
		name = strings.TrimSuffix(name, e)
	}
	return name
}

// guideParams are a request's own. What no network here reads did not act, and is not told.
func (q Request) guideParams() (out []metadata.Param) {
	for _, g := range q.Guides {
		if k, err := FindGuideKind(g.Kind); err == nil && k.Read() && g.acts() {
			out = append(out, metadata.Param{Key: fmt.Sprint("ControlNet ", len(out)), Value: g.unit()})
		}
	}
	return out
}

// isGuide says whether a parameter is a unit of the extension, also as it wrote them at first.
func isGuide(p metadata.Param) bool {
	return controlUnit.MatchString(p.Key) || oldUnit.MatchString(p.Key)
}

var oldUnit = regexp.MustCompile(`^ControlNet-(\d+) (.+)$`)

// RecalledGuides are the guides of a recipe, without pictures. Those that are switched off are
// left out.
func RecalledGuides(r *metadata.Recipe) (out []Guide) {
	for _, u := range RecalledUnits(r) {
		out = append(out, u.Guide)
	}
	return out
}

// Unit is a guide of a recipe with the number that the recipe gives it.
type Unit struct {
	Number int
	Guide
}

// RecalledUnits are RecalledGuides with their numbers.
func RecalledUnits(r *metadata.Recipe) (out []Unit) {
	old := map[string]map[string]string{}
	var order []string
	add := func(number string, fields map[string]string) {
		if g, ok := readUnit(fields); ok {
			n, _ := strconv.Atoi(number) // digits, by the expressions
			out = append(out, Unit{n, g})
		}
	}
	for _, p := range r.Params {
		if m := oldUnit.FindStringSubmatch(p.Key); m != nil {
			if old[m[1]] == nil {
				old[m[1]], order = map[string]string{}, append(order, m[1])
			}
			old[m[1]][strings.ToLower(m[2])] = p.Value
		}
		if controlUnit.MatchString(p.Key) {
			add(strings.TrimPrefix(p.Key, "ControlNet "), unitFields(p.Value))
		}
	}
	for _, n := range order {
		add(n, old[n])
	}
	return out
}

// wantedInUnit are the fields of a unit that can't be meant: readUnit takes the usual in their place.
func wantedInUnit(p metadata.Param) (out []misfit) {
	fields, of := map[string]string{}, p.Key+" "
	if m := oldUnit.FindStringSubmatch(p.Key); m != nil {
		fields[strings.ToLower(m[2])], of = p.Value, "ControlNet-"+m[1]+" "
	} else {
		fields = unitFields(p.Value)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		text, want := fields[key], ""
		switch key {
		case "weight", "guidance start", "guidance end", "threshold a", "threshold b", "processor res":
			if n, err := strconv.ParseFloat(text, 64); err != nil || n-n != 0 {
				want = "a number"
			}
		case "module", "preprocessor":
			_, err := preprocess.Find(text)
			known := slices.ContainsFunc(moduleKinds, func(k [2]string) bool { return strings.HasPrefix(text, k[0]) }) || strings.HasPrefix(text, "inpaint")
			if err != nil && !known && !strings.EqualFold(text, "none") {
				want = "a preprocessor that is here"
			}
		case "control mode":
			want = wantedWord(controlModes, text)
		case "resize mode":
			want = wantedWord(controlResizes, text)
		case "union control type":
			if text != "Unknown" { // the extension's word for none
				want = wantedWord(unionWords, text)
			}
		case "pixel perfect", "enabled":
			want = wantedSwitch(text)
		}
		if want != "" {
			out = append(out, misfit{of + key, text, want})
		}
	}
	return out
}

// wantedWord is what the extension's word is wanted to be.
func wantedWord(rows [][2]string, text string) string {
	if title(rows, text, 1, 0) != "" {
		return ""
	}
	var all []string
	for _, r := range rows {
		all = append(all, r[1])
	}
	return among(text, all...)
}

// unitFields are the fields of a unit; commas in brackets are part of a value.
func unitFields(text string) map[string]string {
	out, depth, from := map[string]string{}, 0, 0
	add := func(item string) {
		if key, value, ok := strings.Cut(item, ":"); ok {
			out[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	for i, c := range text {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				add(text[from:i])
				from = i + 1
			}
		}
	}
	add(text[from:])
	return out
}

// readUnit is a unit as a guide; false where it is off, or says of neither module nor model.
func readUnit(f map[string]string) (g Guide, ok bool) {
	number := func(usual float64, keys ...string) float64 {
		for _, k := range keys {
			if v, err := strconv.ParseFloat(f[k], 64); err == nil && v-v == 0 {
				return v
			}
		}
		return usual
	}
	some := func(key string) *float64 {
		if v := number(-1, key); v >= 0 {
			return &v
		}
		return nil
	}
	g = Guide{Kind: GuideControl, Weight: number(1, "weight"), Start: number(0, "guidance start"), End: number(1, "guidance end"), A: some("threshold a"), B: some("threshold b"),
		Resolution: max(int(number(0, "processor res")), 0), PixelPerfect: f["pixel perfect"] == "True",
		Mode: title(controlModes, f["control mode"], 1, 0), Type: title(unionWords, f["union control type"], 1, 0), Resize: title(controlResizes, f["resize mode"], 1, 0)}
	if g.Preprocessor = cmp.Or(f["module"], f["preprocessor"]); strings.EqualFold(g.Preprocessor, "none") {
		g.Preprocessor = ""
	}
	model, _, _ := strings.Cut(f["model"], " [") // a hash of the extension's own follows
	if !strings.EqualFold(model, "none") {
		g.Model = baseName(model)
	}
	if n := numbersOf(f["starting/ending"]); len(n) == 2 {
		g.Start, g.End = n[0], n[1]
	}
	if n := numbersOf(f["preprocessor params"]); len(n) == 3 {
		g.Resolution = max(int(n[0]), 0)
		g.A, g.B = positive(n[1]), positive(n[2])
	}
	g.Start = min(max(g.Start, 0), 1)
	g.End = min(max(g.End, g.Start), 1)
	for _, k := range moduleKinds {
		if _, err := FindGuideKind(k[1]); err == nil && strings.HasPrefix(g.Preprocessor, k[0]) {
			g.Kind = k[1]
		}
	}
	if g.Kind == GuideReference {
		if g.Fidelity = 0.5; g.A != nil { // the extension's
			g.Fidelity, g.A = *g.A, nil
		}
	}
	return g, f["enabled"] != "False" && (g.Model != "" || g.Preprocessor != "")
}

func positive(v float64) *float64 {
	if v < 0 {
		return nil
	}
	return &v
}

// numbersOf are those of "(1, 2)".
func numbersOf(text string) (out []float64) {
	for s := range strings.SplitSeq(strings.Trim(text, "()"), ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || v-v != 0 {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// findGuides gives the guides' files their paths: names are looked for near the model, as are the
// networks of preprocessors that are named for them. What is not found stays, and is an error of
// the run.
func (q *Request) findGuides() {
	find := func(all []Guide) []Guide {
		all = slices.Clone(all)
		for i, g := range all {
			if g.Model != "" {
				if path, err := checkpoint.Beside(q.Model, "controlnet", g.Model); err == nil {
					all[i].Model = path
				}
			}
			all[i].Network = cmp.Or(g.Network, g.networkNear(q.Model))
		}
		return all
	}
	if q.Model == "" {
		return
	}
	q.Guides, q.Regions = find(q.Guides), slices.Clone(q.Regions)
	for i := range q.Regions {
		q.Regions[i].Guides = find(q.Regions[i].Guides)
	}
}
