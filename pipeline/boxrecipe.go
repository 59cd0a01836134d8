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
var boxKeys = []string{"Enabled", "Multiply", "Weight", "Layers", "Apply to", "Start steps", "Max steps", "Upscaler", "Downscaler", "Interpolation", "x", "y", "size", "fade"}

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
	number := func(usual float64, key string, low, high float64) float64 {
		if n := in.number(usual, keyBox+key); n >= low && n <= high {
			return n
		}
		return usual
	}
	b := usualBox
	b.By = int(number(2, "Multiply", 2, 32))
	b.Weight, b.From = number(b.Weight, "Weight", -1, 2), int(number(5, "Start steps", 1, 1000))
	steps, _ := r.Int("Steps")
	if b.To = int(number(0, "Max steps", 0, 1000)); int64(b.To) >= steps {
		b.To = 0
	}
	b.Layers, b.At = cmp.Or(strings.Join(pythonList(in.text("", keyBox+"Layers")), ","), family.AllLayers), in.text(b.At, keyBox+"Apply to")
	if list := pythonList(b.At); len(list) > 0 {
		b.At = strings.Join(list, ", ")
	}
	one := func(usual, key string, known []string) string {
		if name := in.text(usual, keyBox+key); slices.Contains(known, name) {
			return name
		}
		return usual
	}
	b.Up, b.Down, b.Mix = one(b.Up, "Upscaler", family.RefineUps), one(b.Down, "Downscaler", family.RefineDowns), one(b.Mix, "Interpolation", []string{"slerp", "lerp"})
	b.Fade = one("", "fade", []string{FadeRise, FadeFall})
	w, h, _ := r.Size()
	w, h = w/b.By, h/b.By
	if x, y, ok := sizeIn(in.text("", keyBox+"size")); ok {
		w, h = x, y
	}
	x, y := int(number(0, "x", -1<<20, 1<<20)), int(number(0, "y", -1<<20, 1<<20))
	if b.Place = BoxText(image.Rect(x, y, x+w, y+h)); b.Place == "" || family.CheckRefine(b.At) != nil {
		return nil
	}
	return &b
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
	return out
}
