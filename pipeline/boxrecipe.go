package pipeline

import (
	"cmp"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/family"
	"pentimento/pipeline/metadata"
)

// keyBox begins the keys of hnmr293's extension. The size and the fade are ours: there a box is as many times smaller than the picture
// as it is enlarged.
const keyBox = "LLuL "

// boxKeys are those that are read and written.
var boxKeys = []string{"Enabled", "Multiply", "Weight", "Layers", "Apply to", "Start steps", "Max steps", "Upscaler", "Downscaler", "Interpolation", "x", "y", "size", "fade", "count", "passes"}

// countSteps is what recipes say where steps are counted: the extension, which has no such key, counts evaluations.
const countSteps = "steps"

// mostSteps is what recipes say for "to the end" where evaluations are counted.
const mostSteps = 1000

// isBox says that a parameter is taken over as a refined box.
func isBox(p metadata.Param) bool {
	key, ours := strings.CutPrefix(p.Key, keyBox)
	return ours && slices.Contains(boxKeys, key)
}

// boxIn is the refined box of a recipe; nil where it has none.
func boxIn(r *metadata.Recipe) *BoxFields {
	in := params{r}
	if !in.on(keyBox + "Enabled") {
		return nil
	}
	number := func(usual float64, key string) int { return int(in.number(usual, keyBox+key)) }
	b := usualBox
	b.By, b.Weight, b.From = number(2, "Multiply"), in.number(b.Weight, keyBox+"Weight"), number(5, "Start steps")
	b.To, b.Count, b.Passes = number(0, "Max steps"), in.text("", keyBox+"count"), in.text("", keyBox+"passes")
	own := b.Count != "" || strings.Contains(strings.ToLower(r.Value("Version")), "pentimento") // which had no such key at first
	if !own {
		b.Count = CountEvaluations
		if _, twice := r.Get(keyHires); twice {
			b.Passes = PassBoth
		}
	}
	if b.Count == countSteps {
		b.Count = ""
	}
	if steps, _ := r.Int("Steps"); int64(b.To) >= steps && b.Count == "" || b.To >= mostSteps {
		b.To = 0
	}
	if list := in.text("", keyBox+"Layers"); list != "" || r.Value(keyBox+"Layers") == "" {
		b.Layers = cmp.Or(strings.Join(pythonList(list), ","), family.AllLayers) // else it is nonsense, and the usual ones count
	}
	b.At = fromPython(in.text(b.At, keyBox+"Apply to"))
	b.Up, b.Down, b.Mix = in.text(b.Up, keyBox+"Upscaler"), in.text(b.Down, keyBox+"Downscaler"), in.text(b.Mix, keyBox+"Interpolation")
	b.Fade = in.text("", keyBox+"fade")
	w, h, _ := r.Size()
	w, h = w/b.By, h/b.By
	if x, y, ok := sizeIn(in.text("", keyBox+"size")); ok {
		w, h = x, y
	}
	x, y := number(0, "x"), number(0, "y")
	if b.Place = BoxText(image.Rect(x, y, x+w, y+h)); b.Place == "" {
		return nil
	}
	return &b
}

// wantedOfBox is wanted for the parameters of a refined box; "" for others.
func wantedOfBox(p metadata.Param) string {
	key, _ := strings.CutPrefix(p.Key, keyBox)
	if key == p.Key {
		return ""
	}
	switch key {
	case "Enabled":
		return wantedSwitch(p.Value)
	case "Multiply":
		return among(p.Value, "2", "4", "8", "16", "32")
	case "Layers":
		return advised(family.CheckLayers(fromPython(p.Value)))
	case "Apply to":
		return advised(family.CheckRefine(fromPython(p.Value)))
	case "Upscaler":
		return among(p.Value, family.RefineUps...)
	case "Downscaler":
		return among(p.Value, family.RefineDowns...)
	case "Interpolation":
		return among(p.Value, "slerp", "lerp")
	case "fade":
		return among(p.Value, FadeRise, FadeFall)
	case "count":
		return among(p.Value, countSteps, CountEvaluations)
	case "passes":
		return among(p.Value, PassSecond, PassBoth)
	case "size":
		if w, h, sized := sizeIn(p.Value); !sized || min(w, h) < 1 || max(w, h) > farBox {
			return "a size such as 256x256"
		}
	}
	return ""
}

// fromPython is a list as Python prints one, with commas between its texts; another text is itself.
func fromPython(text string) string {
	if list := pythonList(text); len(list) > 0 {
		return strings.Join(list, ", ")
	}
	return text
}

// pythonList are the texts of a list as Python prints one, such as ['OUT', 'M'].
func pythonList(text string) (out []string) {
	inner, ok := strings.CutPrefix(text, "[")
	if !ok {
		return nil
	}
	for _, s := range strings.Split(strings.TrimSuffix(inner, "]"), ",") {
		if s = strings.Trim(strings.TrimSpace(s), `'"`); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// boxOf is the value of a row in a recipe.
func boxOf(v *Value, r *metadata.Recipe) string {
	var q Request
	if q.Box = boxIn(r); q.Box == nil {
		return ""
	}
	return v.get(&q)
}

// boxParams are a request's, as the extension writes them, in pixels of the first pass.
func (q Request) boxParams() (out []metadata.Param) {
	b := q.box()
	if b == nil {
		return nil
	}
	size := q.firstPass()
	if size == (image.Point{}) {
		size = image.Pt(q.Width, q.Height)
	}
	if size.X < 1 || size.Y < 1 {
		size = q.Frame.Size()
	}
	r := b.rect()
	if q.Frame.Dx() > 0 && q.Frame.Dy() > 0 && size.X > 0 && size.Y > 0 {
		to := func(v, all, of int) int { return int(math.Round(float64(v) * float64(all) / float64(of))) }
		x, y := func(v int) int { return to(v, size.X, q.Frame.Dx()) }, func(v int) int { return to(v, size.Y, q.Frame.Dy()) }
		r = image.Rect(x(r.Min.X), y(r.Min.Y), x(r.Max.X), y(r.Max.Y))
	}
	add := func(key, value string) { out = append(out, metadata.Param{Key: keyBox + key, Value: value}) }
	list := func(text string) string {
		var parts []string
		for _, s := range strings.Split(text, ",") {
			parts = append(parts, "'"+strings.TrimSpace(s)+"'")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	last := q.Steps
	if b.Count == CountEvaluations {
		last = mostSteps
	}
	if b.To > 0 {
		last = b.To
	}
	add("Enabled", "True")
	add("Multiply", strconv.Itoa(b.By))
	add("Weight", short(b.Weight))
	if b.Layers != family.AllLayers {
		add("Layers", list(b.Layers))
	}
	add("Apply to", list(b.At))
	add("Start steps", strconv.Itoa(b.From))
	add("Max steps", strconv.Itoa(last))
	add("Upscaler", b.Up)
	add("Downscaler", b.Down)
	add("Interpolation", b.Mix)
	add("x", strconv.Itoa(r.Min.X))
	add("y", strconv.Itoa(r.Min.Y))
	if b.By <= 0 || r.Size() != size.Div(b.By) { // a file may say anything
		add("size", strconv.Itoa(r.Dx())+"x"+strconv.Itoa(r.Dy()))
	}
	if b.Fade != "" {
		add("fade", b.Fade)
	}
	add("count", cmp.Or(b.Count, countSteps))
	if b.Passes != "" {
		add("passes", b.Passes)
	}
	return out
}
