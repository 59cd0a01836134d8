package keeping

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"weak"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/jobs"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/pipeline"
)

// Candidates, their places and the queue are notes in the journal:
//
//	stack/ID           the place and its request
//	candidate/ID/N     a result, written before the window shows it
//	job/ID/I           a candidate that is still to be computed
//	making/N           what else is being made of the picture, such as an adjustment, and is not in it yet, or a file
//	                   that is being written of it
//	panel              the fill panel and what else belongs to the picture (freeze.go)
//
// Pictures are the notes' pictures; each is in the file once, however many notes name it.

// requestNote is a request and the names of its pictures, which follow in that order.
type requestNote struct {
	Request  pipeline.Request `json:"request"`
	Pictures []string         `json:"pictures,omitempty"`
	// Until 2026-11 it was said of each picture whether it follows.
	Image      bool   `json:"image,omitempty"`
	Mask       bool   `json:"mask,omitempty"`
	References []bool `json:"references,omitempty"`
}

type stackNote struct {
	requestNote
	ID         int64           `json:"id"`
	Place      image.Rectangle `json:"place"`
	At         int             `json:"at"`
	Queued     int             `json:"queued"`
	Asked      bool            `json:"asked,omitempty"` // its jobs, all that are queued, are noted after it
	Shown      bool            `json:"shown"`
	Discarded  bool            `json:"discarded"` // kept for Bring back
	Candidates []string        `json:"candidates"`
	// Draft says what the request still lacks, of the picture as it was after the step of that time.
	Draft *fills.Draft `json:"draft,omitempty"`
	Step  time.Time    `json:"step,omitzero"`
}

type candidateNote struct {
	requestNote
	When    time.Time         `json:"when"`
	Timings []pipeline.Timing `json:"timings,omitempty"`
	Seeds   []int64           `json:"seeds,omitempty"`
	Steps   []float64         `json:"steps,omitempty"`
	Device  string            `json:"device,omitempty"`
}

type jobNote struct {
	Stack int64 `json:"stack"`
	I     int   `json:"i"`
	Tries int   `json:"tries"` // how often a session ended while it waited or ran
}

func (n jobNote) note() journal.Note {
	data, _ := json.Marshal(n) // numbers
	return journal.Note{Key: jobKey(n.Stack, n.I), Data: data}
}

// makingNote is a change of the picture, or a file of it, that was asked for.
type makingNote struct {
	Label string    `json:"label"`          // of its step
	After time.Time `json:"after"`          // of the last step then: by the clock itself, which may stand still or be set back, it would not be known
	File  string    `json:"file,omitempty"` // path; then Label is its name
	When  time.Time `json:"when,omitzero"`  // of a file: by the clock, as its own time
}

// written says whether a note is of a file that was written since: the end came before the note's own. It reads the disk.
func written(n journal.Note) bool {
	var m makingNote
	if !strings.HasPrefix(n.Key, "making/") || json.Unmarshal(n.Data, &m) != nil || m.File == "" {
		return false
	}
	info, err := os.Stat(m.File)
	return err == nil && !info.ModTime().Before(m.When)
}

// lost says that it is not there.
func (n makingNote) lost() string {
	if n.File != "" {
		return words.T("“%s” was being written when the program ended, and is not there, or as it was before: export it once more", n.Label)
	}
	return words.T("“%s” was being made when the program ended, and is not in the picture: do it once more", words.Label(n.Label))
}

// landed says whether a step since then is it: the end came before the note's own.
func (n makingNote) landed(moments []canvas.Moment) bool {
	return slices.ContainsFunc(moments, func(m canvas.Moment) bool { return m.Label == n.Label && m.When.After(n.After) })
}

func noteRequest(r pipeline.Request) (requestNote, []image.Image) {
	n := requestNote{Request: r}
	var pics []image.Image
	for name, p := range r.Pictures() {
		if img := p.Get(); img != nil {
			n.Pictures, pics = append(n.Pictures, name), append(pics, img)
		}
	}
	return n, pics
}

// pictures hands out a note's pictures one after another.
type pictures struct {
	all []image.Image
	bad bool
}

func take[T image.Image](p *pictures) (out T) {
	if len(p.all) == 0 {
		p.bad = true
		return out
	}
	v, ok := p.all[0].(T)
	p.all, p.bad = p.all[1:], p.bad || !ok
	return v
}

func (n *requestNote) restore(p *pictures) pipeline.Request {
	r, there := n.Request, map[string]image.Image{}
	for _, name := range n.names() {
		there[name] = take[image.Image](p)
	}
	for name, place := range r.Pictures() {
		p.bad = !place.Set(there[name]) || p.bad
		delete(there, name)
	}
	p.bad = p.bad || len(there) > 0
	return r
}

// names are the pictures that follow, in a note of any version.
func (n *requestNote) names() []string {
	if len(n.Pictures) > 0 {
		return n.Pictures
	}
	var out []string
	if n.Image {
		out = append(out, "image")
	}
	if n.Mask {
		out = append(out, "mask")
	}
	for i, has := range n.References {
		if has {
			out = append(out, fmt.Sprintf("guides.%d.image", i))
		}
	}
	return out
}

// keyOf is the note's key of a result of a stack.
func (n *noteKeys) keyOf(stack int64, r *pipeline.Result) (key string, fresh bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if key, ok := n.key[weak.Make(r)]; ok {
		return key, false
	}
	n.n++
	key = fmt.Sprintf("candidate/%d/%d", stack, n.n)
	n.key[weak.Make(r)] = key
	return key, true
}

func noteResult(key string, r *pipeline.Result, when time.Time) (journal.Note, error) {
	req, pics := noteRequest(r.Request)
	data, err := json.Marshal(candidateNote{req, when, r.Timings, r.Seeds, r.Steps, r.Device})
	return journal.Note{Key: key, Data: data, Images: append([]image.Image{r.Image, r.Mask}, pics...)}, err
}

// Keepsake returns what a job of the stack calls with its result, on the job's goroutine
// and before the window sees it: it returns once the result is on the disk.
func (k *Keeping) Keepsake(stack int64) func(*pipeline.Result, time.Time) {
	j, keys := k.j, k.keys
	if j == nil {
		return func(*pipeline.Result, time.Time) {}
	}
	return func(r *pipeline.Result, when time.Time) {
		key, _ := keys.keyOf(stack, r)
		if n, err := noteResult(key, r, when); err == nil {
			_ = j.Keep(n) // a disk that fails becomes a standing notice
		}
	}
}

func jobKey(stack int64, i int) string { return fmt.Sprintf("job/%d/%d", stack, i) }

// Asked keeps that all candidates which a new stack counts as queued are to be computed, before any job of theirs is
// there: wherever a kill comes between, what was asked for is known.
func (k *Keeping) Asked(s *fills.Stack) {
	if k.j != nil {
		k.noteStack(s, true)
	}
}

// Queued keeps that a candidate is still to be computed.
func (k *Keeping) Queued(id jobs.ID, stack int64, i, tries int) {
	if k.j == nil {
		return
	}
	k.jobs[id] = jobNote{stack, i, tries}
	k.j.Set(k.jobs[id].note())
}

// Making keeps that a job makes a change of the picture, called label: where the program ends before it is there, the next
// start says so. What was cancelled, failed or landed is over.
func (k *Keeping) Making(id jobs.ID, label string) {
	k.noteMaking(id, makingNote{Label: label})
}

// Writing is Making for a job that writes a file of the picture.
func (k *Keeping) Writing(id jobs.ID, path string) {
	k.noteMaking(id, makingNote{Label: filepath.Base(path), File: path, When: now()})
}

func (k *Keeping) noteMaking(id jobs.ID, n makingNote) {
	if k.j != nil {
		k.making[id] = n.Label
		moments, _ := k.Easel.Document().Moments()
		n.After = moments[len(moments)-1].When
		data, _ := json.Marshal(n) // strings and times
		k.j.Set(journal.Note{Key: makingKey(id), Data: data})
	}
}

func makingKey(id jobs.ID) string { return fmt.Sprintf("making/%d", id) }

// Makes says whether such a change is still to come. The person may have left what is unsaved behind; then none is.
func (k *Keeping) Makes() bool {
	return !k.gone && slices.ContainsFunc(k.Fills.Jobs.List(), func(i jobs.Info) bool { return k.making[i.ID] != "" && !i.Status.Final() })
}

// cut says whether such a change, a file or a fill ended before it was there: at the end of the program, since what the
// person cancels is noted.
func (k *Keeping) cut() bool {
	return slices.ContainsFunc(k.Fills.Jobs.List(), func(i jobs.Info) bool {
		_, fill := k.jobs[i.ID]
		return k.making[i.ID] != "" && i.Status != jobs.Done || fill && i.Status == jobs.Cancelled
	})
}

// follow notes what has changed about candidates and jobs.
func (k *Keeping) follow(c desk.Change) {
	if k.j == nil || k.quiet.Load() {
		return
	}
	if c.What&desk.CandidatesChanged != 0 {
		k.noteStacks()
	}
	if c.What&(desk.FillChanged|desk.HistoryChanged|desk.ViewMoved|desk.CandidatesChanged|desk.ProjectChanged) != 0 {
		k.notePanel()
	}
	if c.What&(desk.CandidatesChanged|desk.JobsChanged) != 0 && len(k.jobs)+len(k.making) > 0 {
		open := map[jobs.ID]bool{}
		for _, i := range k.Fills.Jobs.List() {
			open[i.ID] = !i.Status.Final()
		}
		for id, n := range k.jobs {
			if !open[id] {
				k.j.Drop(n.note().Key)
				delete(k.jobs, id)
			}
		}
		k.made(func(id jobs.ID) bool { return !open[id] })
	}
}

// made ends the notes of what is made.
func (k *Keeping) made(over func(jobs.ID) bool) {
	for id := range k.making {
		if over(id) {
			k.j.Drop(makingKey(id))
			delete(k.making, id)
		}
	}
}

// panelDelay is how late a change of the panel is noted: typing and sliders change it often.
const panelDelay = 700 * time.Millisecond

// notePanel notes the panel soon. A canvas on which nothing has happened needs no journal
// because a prompt was typed.
func (k *Keeping) notePanel() {
	if k.panelDue || k.Easel.Empty() && len(k.Fills.Stacks()) == 0 {
		return
	}
	k.panelDue = true
	j, quiet := k.j, k.quiet
	time.AfterFunc(panelDelay, func() {
		if quiet.Load() {
			return
		}
		k.desk.Post(func() {
			k.panelDue = false
			if k.j == j {
				k.writePanel()
			}
		})
	})
}

func (k *Keeping) writePanel() {
	panel := k.freeze(k.Easel.Document().State()).settings
	panel.Order = k.Easel.Order()
	data, err := json.Marshal(panel)
	if line := string(data); err == nil && line != k.panel {
		k.panel = line
		k.j.Set(journal.Note{Key: panelKey, Data: data})
	}
}

const panelKey = "panel"

func (k *Keeping) noteStacks() {
	there := map[int64]bool{}
	for _, s := range k.Fills.All() {
		there[s.ID] = true
		k.noteStack(s, false)
	}
	for id, was := range k.stacks {
		if there[id] {
			continue
		}
		k.j.Drop(fmt.Sprintf("stack/%d", id)) // first: a place without its candidates would be a fill that was only just asked for
		for _, key := range strings.Fields(was)[1:] {
			k.j.Drop(key)
		}
		delete(k.stacks, id)
	}
}

// noteStack keeps a stack where it differs from what was noted of it. What was noted is a
// line of its numbers and the keys of its candidates. asked says that its jobs are noted next.
func (k *Keeping) noteStack(s *fills.Stack, asked bool) {
	var keys []string
	for _, c := range s.Candidates {
		key, fresh := k.keys.keyOf(s.ID, c.Result)
		if n, err := noteResult(key, c.Result, c.When); fresh && err == nil {
			k.j.Set(n)
		}
		keys = append(keys, key)
	}
	shown := k.Fills.Shown() == s
	line := fmt.Sprintf("%d,%d,%t,%t,%t,%t %s", s.At, s.Queued, shown, s == k.Fills.Discarded(), s.Unmade(), asked, strings.Join(keys, " "))
	was := k.stacks[s.ID]
	if line == was {
		return
	}
	if was != "" {
		for _, key := range strings.Fields(was)[1:] {
			if !slices.Contains(keys, key) {
				k.j.Drop(key)
			}
		}
	}
	req, pics := noteRequest(s.Request)
	n := stackNote{requestNote: req, ID: s.ID, Place: s.Place, At: s.At, Queued: s.Queued, Asked: asked, Shown: shown, Discarded: s == k.Fills.Discarded(), Candidates: keys}
	var of *canvas.State
	if n.Draft, of = s.Draft(); of != nil {
		moments, _ := k.Easel.Document().Moments()
		if i := slices.IndexFunc(moments, func(m canvas.Moment) bool { return m.State == of }); i >= 0 {
			n.Step = moments[i].When
		}
		k.writePanel() // regions and attachments of the moment belong to it
	}
	data, err := json.Marshal(n)
	if err != nil {
		return // a number that JSON cannot write: such a request does not run either
	}
	k.stacks[s.ID] = line
	k.j.Set(journal.Note{Key: fmt.Sprintf("stack/%d", s.ID), Data: data, Images: pics})
}
