package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/find"
	"pentimento/pipeline/metadata"
)

// The passes of Detail in the parameters of pictures, as A1111's extension ADetailer writes its tabs: "ADetailer model:
// face_yolov8n.pt, ADetailer confidence: 0.3, …", those of the second with " 2nd" behind every key, and so on. In which
// order finds are made is a setting of the extension and in no recipe.

const (
	detailerKeys = "ADetailer "
	// detailerVersion is that of the extension whose fields these are.
	detailerVersion = "24.11.1"
	mostDetailings  = 16
)

// suffix is what stands behind the keys of pass i, counted from 0.
func suffix(i int) string {
	switch i {
	case 0:
		return ""
	case 1:
		return " 2nd"
	case 2:
		return " 3rd"
	}
	return fmt.Sprintf(" %dth", i+1)
}

var ofAPass = regexp.MustCompile(`^(.+?)(?: (\d+)(?:st|nd|rd|th))?$`)

// detailerName is what the extension calls what a pass looks for.
func detailerName(what string) string {
	if row, err := find.Named(what); err == nil {
		return cmp.Or(strings.Join(row.Aliases, ""), row.Name)
	}
	return baseName(what)
}

var mergeWords = [][2]string{{find.Apart, "None"}, {find.Merged, "Merge"}, {find.Invert, "Merge and Invert"}}

// detailParams are the passes that made a picture, or redid it after it was made.
func (q Request) detailParams() (out []metadata.Param) {
	passes := q.Details
	for _, s := range q.After {
		passes = append(passes[:len(passes):len(passes)], s.Details...)
	}
	for i, d := range passes {
		for _, f := range d.fields() {
			if f[1] != "" {
				out = append(out, metadata.Param{Key: detailerKeys + f[0] + suffix(i), Value: f[1]})
			}
		}
	}
	if len(out) > 0 {
		out = append(out, metadata.Param{Key: detailerKeys + "version", Value: detailerVersion})
	}
	return out
}

// fields are a pass as the extension writes it; one that is "" is left out.
func (d Detailing) fields() [][2]string {
	is := func(b bool, text string) string {
		if b {
			return text
		}
		return ""
	}
	number := func(v int) string { return is(v != 0, strconv.Itoa(v)) }
	yes := func(b bool) string { return is(b, "True") }
	most := cmp.Or(d.Find.MaxArea, 1)
	return [][2]string{
		{"model", detailerName(d.Find.What)}, {"model classes", d.Find.Classes}, {"prompt", cmp.Or(d.Template, d.Prompt)}, {"negative prompt", cmp.Or(d.NegativeTemplate, d.Negative)},
		{"confidence", short(d.Find.Least())}, {"method to decide top k masks", is(d.Find.TopBy == find.ByScore, "Confidence")}, {"mask only top k", number(d.Find.Top)},
		{"mask min ratio", is(d.Find.MinArea > 0, short(d.Find.MinArea))}, {"mask max ratio", is(most < 1, short(most))}, {"x offset", number(d.Find.X)}, {"y offset", number(d.Find.Y)},
		{"dilate erode", strconv.Itoa(d.Find.Grow)}, {"mask merge invert", is(d.Find.Merge != find.Apart, title(mergeWords, d.Find.Merge, 0, 1))}, {"mask blur", strconv.Itoa(d.Blur)},
		{"denoising strength", short(cmp.Or(d.Strength, usualDetail))}, {"inpaint only masked", map[bool]string{true: "False", false: "True"}[d.Whole]}, {"inpaint padding", is(!d.Whole, strconv.Itoa(d.Padding))},
		{"use inpaint width height", yes(d.Width > 0)}, {"inpaint width", number(d.Width)}, {"inpaint height", number(d.Height)},
		{"use separate steps", yes(d.Steps > 0)}, {"steps", number(d.Steps)}, {"use separate CFG scale", yes(d.CFG > 0)}, {"CFG scale", is(d.CFG > 0, short(d.CFG))},
		{"use separate checkpoint", yes(d.Model != "")}, {"checkpoint", baseName(d.Model)}, {"use separate VAE", yes(d.VAE != "")}, {"VAE", baseName(d.VAE)},
		{"use separate sampler", yes(d.Sampler != "")}, {"sampler", d.Sampler}, {"scheduler", d.Schedule}, {"use separate CLIP skip", yes(d.ClipSkip > 0)}, {"CLIP skip", number(d.ClipSkip)},
	}
}

// isDetail says whether a parameter is a field of the extension.
func isDetail(p metadata.Param) bool { return strings.HasPrefix(p.Key, detailerKeys) }

// DetailsOf are the passes of a recipe in their order. What they look for is named as the recipe names it, files by name alone;
// left says, a line each, what of them this program has no place for.
func DetailsOf(r *metadata.Recipe) (out []Detailing, left []string) {
	passes := map[int]map[string]string{}
	for _, p := range r.Params {
		key, ok := strings.CutPrefix(p.Key, detailerKeys)
		if m := ofAPass.FindStringSubmatch(key); ok && m != nil && key != "version" {
			n, _ := strconv.Atoi(cmp.Or(m[2], "1")) // digits, by the expression
			if passes[n] == nil {
				passes[n] = map[string]string{}
			}
			passes[n][m[1]] = p.Value
		}
	}
	for n := range mostDetailings + 1 {
		f := passes[n]
		if f == nil || f["model"] == "" || f["model"] == "None" {
			continue
		}
		d, unread := readDetailing(f)
		out = append(out, d)
		for _, text := range unread {
			left = append(left, fmt.Sprintf("of ADetailer's %s: %s", d.Find.What, shortened(text)))
		}
	}
	return out, left
}

// detailFields are the fields of a pass that are being read.
type detailFields struct {
	of   map[string]string
	used map[string]bool
	left []string // what could not be read
}

func (f *detailFields) text(key string) string {
	f.used[key] = true
	return f.of[key]
}

func (f *detailFields) number(key string, low, high float64, to *float64) {
	if t := f.text(key); t != "" {
		if v, err := strconv.ParseFloat(t, 64); err == nil && v >= low && v <= high {
			*to = v
			return
		}
		f.left = append(f.left, key+" "+t)
	}
}

func (f *detailFields) whole(key string, low, high float64, to *int) {
	v := float64(*to)
	f.number(key, low, high, &v)
	*to = int(math.Round(v))
}

// readDetailing reads the fields of one.
func readDetailing(fields map[string]string) (d Detailing, left []string) {
	d = UsualDetailing(baseName(fields["model"]))
	f := &detailFields{of: fields, used: map[string]bool{"model": true}}
	f.readFind(&d.Find)
	d.Prompt, d.Negative = f.text("prompt"), f.text("negative prompt")
	f.whole("mask blur", 0, 256, &d.Blur)
	f.number("denoising strength", 0, 1, &d.Strength)
	d.Whole = f.text("inpaint only masked") == "False"
	f.whole("inpaint padding", 0, 4096, &d.Padding)
	if f.text("use inpaint width height") == "True" {
		f.whole("inpaint width", 8, maxSize, &d.Width)
		f.whole("inpaint height", 8, maxSize, &d.Height)
	}
	f.readSampling(&d)
	for key, v := range fields {
		if !f.used[key] && !strings.HasPrefix(key, "use ") && key != "tab enable" {
			f.left = append(f.left, key+" "+v)
		}
	}
	slices.Sort(f.left)
	return d, f.left
}

// readFind reads what a pass looks for.
func (f *detailFields) readFind(s *find.Spec) {
	const far = 1 << 14
	s.Classes = f.text("model classes")
	f.number("confidence", 0, 1, &s.Confidence)
	if f.text("method to decide top k masks") == "Confidence" {
		s.TopBy = find.ByScore
	}
	f.whole("mask only top k", 0, 1e6, &s.Top)
	f.whole("mask only top k largest", 0, 1e6, &s.Top)
	f.number("mask min ratio", 0, 1, &s.MinArea)
	f.number("mask max ratio", 0, 1, &s.MaxArea)
	f.whole("x offset", -far, far, &s.X)
	f.whole("y offset", -far, far, &s.Y)
	f.whole("dilate erode", -far, far, &s.Grow)
	s.Merge = title(mergeWords, f.text("mask merge invert"), 1, 0)
}

// readSampling reads what a pass has instead of the picture's own.
func (f *detailFields) readSampling(d *Detailing) {
	f.whole("steps", 1, 1000, &d.Steps)
	f.number("CFG scale", 0, 100, &d.CFG)
	f.whole("CLIP skip", 1, 12, &d.ClipSkip)
	if m := f.text("checkpoint"); m != "Use same checkpoint" {
		d.Model = baseName(m)
	}
	if v := f.text("VAE"); v != "Use same VAE" {
		d.VAE = baseName(v)
	}
	if s := f.text("sampler"); s != "" && s != "Use same sampler" {
		d.Sampler, d.Schedule = (&metadata.Recipe{Params: []metadata.Param{{Key: "Sampler", Value: s}}}).Sampler()
	}
	if s := f.text("scheduler"); s != "" && s != "Use same scheduler" && s != automatic {
		d.Schedule = metadata.ScheduleName(s)
	}
}

// AfterDetails is the step that redoes details of what a request makes.
func AfterDetails(passes []Detailing) Step { return Step{Task: Detail, Details: passes} }

// detectorFolders are where A1111's extension and ComfyUI's Impact Pack keep detectors, beside the folders of models.
var detectorFolders = []string{"adetailer", "ultralytics", "ultralytics/bbox", "ultralytics/segm", "detectors"}

// FindDetector is the file of a YOLO network that a name stands for: a path that is there, or an ONNX file of that name, whatever
// its ending, in a folder of detectors near the model.
func FindDetector(model, name string) (string, error) {
	base := baseName(name)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() {
		if !strings.EqualFold(filepath.Ext(name), ".pt") {
			return name, nil
		}
		if onnx := strings.TrimSuffix(name, filepath.Ext(name)) + ".onnx"; isFile(onnx) {
			return onnx, nil
		}
		return "", fault.New(fmt.Sprintf("network %q is a file of torch, want ONNX", base), "Ultralytics' program exports it: yolo export model="+base+" format=onnx")
	}
	var looked []string
	for dir, n := filepath.Dir(model), 0; model != "" && n < 3; dir, n = filepath.Dir(dir), n+1 {
		for _, sub := range append([]string{"."}, detectorFolders...) {
			folder := filepath.Join(dir, sub)
			if path := filepath.Join(folder, stem+".onnx"); isFile(path) {
				return path, nil
			}
			if sub == detectorFolders[0] {
				looked = append(looked, folder)
			}
		}
	}
	hint := "Name the file of a YOLO network as ONNX; without one there are " + find.Names() + "."
	if len(looked) > 0 {
		hint = "Looked near the model, such as in " + looked[0] + ". " + hint
	}
	return "", fault.New(fmt.Sprintf("network %q: no such file", name), hint)
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
