package keeping

import (
	"encoding/json"
	"image"
	"os"
	"slices"
	"strings"
	"time"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// What belongs to a picture besides its pixels is kept in its project file as lists of JSON
// documents: "settings" (one) and "candidates" (a stack, then its candidates, then the next
// stack). Pictures in them are named and stand apart, lossless.
//
// 2026-11-25: the fill panel, live mode, the view, how references are attached and the
// styles in force belong to the picture; theme, window, brush and folders to the program.

const (
	settingsData  = "settings"
	candidateData = "candidates"
)

// keptSettings is the one document of "settings".
type keptSettings struct {
	Fill        settings.Fill    `json:"fill"`
	Live        settings.Live    `json:"live"`
	Tool        string           `json:"tool,omitempty"`
	View        *keptView        `json:"view,omitempty"`
	Styles      []settings.Style `json:"styles,omitempty"` // that are in force
	Attachments []keptAttachment `json:"attachments,omitempty"`
	Regions     fills.Regional   `json:"regions,omitzero"`
	Waiting     []fills.Waiting  `json:"waiting,omitempty"`
	Results     []string         `json:"results,omitempty"` // made here, by their names in the library
	Photo       bool             `json:"photo,omitempty"`   // it began as a photograph (fills.Fills)
	Order       int              `json:"order,omitempty"`   // among the open documents; in the journal alone
}

// keptView is the view by its middle, so that it fits a window of any size.
type keptView struct {
	X     float64 `json:"x"` // document pixels
	Y     float64 `json:"y"`
	Scale float64 `json:"scale"`
	Wrap  bool    `json:"wrap,omitempty"` // the frame repeats all over it
}

type keptAttachment struct {
	Reference int `json:"reference"` // its place in the strip
	fills.Attachment
}

// keptRecord is one document of "candidates": a stack, or a candidate of the last stack.
type keptRecord struct {
	Stack     *keptStack     `json:"stack,omitempty"`
	Candidate *keptCandidate `json:"candidate,omitempty"`
}

type keptStack struct {
	Place   image.Rectangle `json:"place"`
	At      int             `json:"at"`
	Queued  int             `json:"queued"`
	Request keptRequest     `json:"request"`
}

type keptCandidate struct {
	Request keptRequest       `json:"request"`
	Image   string            `json:"image"`
	Mask    string            `json:"mask"`
	When    time.Time         `json:"when"`
	Timings []pipeline.Timing `json:"timings,omitempty"`
	Seeds   []int64           `json:"seeds,omitempty"`
	Steps   []float64         `json:"steps,omitempty"`
	Device  string            `json:"device,omitempty"`
}

// keptRequest is a Request with the names of its pictures, by their place in it.
type keptRequest struct {
	Run      pipeline.Request  `json:"run"`
	Pictures map[string]string `json:"pictures,omitempty"`
}

// frozen is what a save writes, as it was when it was asked for.
type frozen struct {
	state    *canvas.State
	settings keptSettings
	stacks   []fills.Stack
	texts    func(image.Rectangle) []file.Text
	program  string
}

// freeze copies what may change while a save runs.
func (k *Keeping) freeze(s *canvas.State) *frozen {
	f := &frozen{state: s, program: k.Program}
	x, y := k.Easel.View().ToDoc(float64(k.Easel.View().W)/2, float64(k.Easel.View().H)/2)
	fill, live := k.Easel.Panel()
	f.settings = keptSettings{Fill: fill, Live: live, Tool: k.Easel.ToolName(),
		View: &keptView{x, y, k.Easel.View().Scale, !k.Easel.View().Tile.Empty()}, Styles: k.Prompting.InForce(), Regions: k.Fills.Regional(), Waiting: k.Fills.Waiting(), Results: k.Fills.Results, Photo: k.Fills.Photo}
	for i, r := range s.References {
		if a, ok := k.Fills.Kept(r); ok {
			f.settings.Attachments = append(f.settings.Attachments, keptAttachment{i, a})
		}
	}
	for _, st := range k.Fills.Stacks() {
		if len(st.Candidates) > 0 {
			c := *st
			c.Candidates = slices.Clone(st.Candidates)
			f.stacks = append(f.stacks, c)
		}
	}
	if texts := k.Texts; k.desk.Settings.Metadata && texts != nil {
		f.texts = func(r image.Rectangle) []file.Text { return texts(s, r) } // reads nothing that changes
	}
	return f
}

// project is the file's content, and the candidates in it.
func (f *frozen) project() (*file.Project, map[*fills.Candidate]bool) {
	a := newAlbum()
	p := &file.Project{Program: f.program, Texts: f.texts, Data: map[string][]json.RawMessage{}, Pictures: a.pictures, Masks: a.masks}
	flattener(p, f.state)
	add := func(list string, v any) bool {
		line, err := json.Marshal(v)
		if err == nil { // a number that JSON cannot write: the rest is worth having
			p.Data[list] = append(p.Data[list], line)
		}
		return err == nil
	}
	said := f.settings
	said.Regions = said.Regions.In(f.state) // what undo would bring back stays here
	add(settingsData, said)
	kept := map[*fills.Candidate]bool{}
	for _, s := range f.stacks {
		if !add(candidateData, keptRecord{Stack: &keptStack{s.Place, s.At, s.Queued, a.request(s.Request)}}) {
			continue
		}
		for _, c := range s.Candidates {
			r := c.Result
			kept[c] = add(candidateData, keptRecord{Candidate: &keptCandidate{a.request(r.Request), a.name(r.Image), a.name(r.Mask), c.When, r.Timings, r.Seeds, r.Steps, r.Device}})
		}
	}
	return p, kept
}

// thawed is what a project file holds besides the picture. Made off the window's goroutine.
type thawed struct {
	settings *keptSettings
	stacks   []*fills.Stack
	notices  []string
}

// unset are the settings that a canvas leaves open. Those of the first version had one
// strength for everything.
func unset() keptSettings {
	k := keptSettings{Fill: settings.Default().Fill, Live: settings.Default().Live}
	k.Fill.Refine = 0
	return k
}

// thaw reads what freeze wrote; what is damaged costs itself.
func thaw(p *file.Project) *thawed {
	t := &thawed{}
	for _, line := range p.Data[settingsData] {
		k := unset()
		if json.Unmarshal(line, &k) == nil {
			t.settings = &k
		} else {
			t.notices = append(t.notices, words.T("This project's panel settings are damaged, so the current ones stay"))
		}
	}
	if t.settings != nil {
		if m := t.settings.Fill.Model; m != "" {
			if _, err := os.Stat(m); err != nil {
				t.notices = append(t.notices, missing(m))
			}
		}
	}
	a := &album{pictures: p.Pictures, masks: p.Masks}
	lost := 0
	for _, line := range p.Data[candidateData] {
		var r keptRecord
		switch err := json.Unmarshal(line, &r); {
		case err == nil && r.Stack != nil:
			s := &fills.Stack{Place: r.Stack.Place, At: r.Stack.At, Queued: r.Stack.Queued}
			s.Request, s.Stale = a.restored(r.Stack.Request)
			t.stacks = append(t.stacks, s)
		case err == nil && r.Candidate != nil && len(t.stacks) > 0:
			if c := a.candidate(r.Candidate); c != nil {
				s := t.stacks[len(t.stacks)-1]
				s.Candidates = append(s.Candidates, c)
				break
			}
			lost++
		default:
			lost++
		}
	}
	if lost > 0 {
		t.notices = append(t.notices, words.N(lost, "%d candidate of this project is damaged and was left out", "%d candidates of this project are damaged and were left out"))
	}
	t.stacks = slices.DeleteFunc(t.stacks, func(s *fills.Stack) bool { return len(s.Candidates) == 0 })
	for _, s := range t.stacks {
		s.At = min(max(s.At, 0), len(s.Candidates)-1)
	}
	return t
}

// candidate is a kept one with its pictures, nil where they are damaged.
func (a *album) candidate(k *keptCandidate) *fills.Candidate {
	img, mask := a.pictures[k.Image], a.masks[k.Mask]
	if img == nil || mask == nil || !pixels.Bounds(mask).In(img.Rect) {
		return nil
	}
	res := &pipeline.Result{Image: img, Mask: mask, Timings: k.Timings, Seeds: k.Seeds, Steps: k.Steps, Device: k.Device}
	res.Request, _ = a.restored(k.Request)
	return fills.Finished(res, k.When)
}

// restore takes over what a project says, and names what could not be restored.
func (k *Keeping) restore(t *thawed) []string {
	notices := t.notices
	k.project.kept = map[*fills.Candidate]bool{}
	for _, s := range t.stacks {
		k.Fills.Take(s, false)
		for _, c := range s.Candidates {
			k.project.kept[c] = true
		}
	}
	was := t.settings
	if was == nil {
		k.Easel.FitContent()
		return notices
	}
	k.desk.Settings.Fill, k.desk.Settings.Live = was.Fill, was.Live
	k.Fills.Photo = was.Photo
	for _, id := range was.Results {
		k.Fills.Made(id)
	}
	k.desk.Advise(true)
	for _, s := range was.Styles {
		if !slices.ContainsFunc(k.desk.Settings.Styles, func(o settings.Style) bool { return o.Name == s.Name }) {
			k.desk.Settings.Styles = append(slices.Clone(k.desk.Settings.Styles), s)
			notices = append(notices, words.T("The style %q came with this project and was added to yours", strings.TrimSpace(s.Name)))
		}
	}
	refs := k.Easel.Document().State().References
	for _, a := range was.Attachments {
		if a.Reference >= 0 && a.Reference < len(refs) {
			k.Fills.Attach(refs[a.Reference], func(to *fills.Attachment) { *to = a.Attachment })
		}
	}
	k.Fills.SetRegional(was.Regions)
	k.Fills.SetWaiting(was.Waiting)
	if was.Tool != "" {
		k.Easel.SetTool(was.Tool)
	}
	k.look(was.View)
	return notices
}

// look goes to a kept view, or shows all where it makes no sense.
func (k *Keeping) look(at *keptView) {
	const far = 1 << 28
	if at == nil || !(at.Scale > 0) || !(at.X > -far && at.X < far && at.Y > -far && at.Y < far) || k.Easel.View().W < 2 {
		k.Easel.FitContent()
		return
	}
	v := k.Easel.View()
	if v.Scale = at.Scale; at.Wrap {
		v.Tile = k.Easel.Document().State().Frame
	}
	k.Easel.SetView(v) // brings the scale into its range
	v = k.Easel.View()
	k.Easel.SetView(v.At(at.X, at.Y, float64(v.W)/2, float64(v.H)/2))
}
