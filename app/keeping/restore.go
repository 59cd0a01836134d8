package keeping

import (
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"weak"

	"pentimento/app/desk"
	"pentimento/app/fills"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/journal"
	"pentimento/pipeline"
)

// restorePanel takes the panel over, and says what of it cannot be had.
func (k *Keeping) restorePanel(notes []journal.Note) (notices []string) {
	var t thawed
	for _, n := range notes {
		was := unset()
		if n.Key == panelKey && json.Unmarshal(n.Data, &was) == nil {
			t.settings = &was
		}
	}
	notices = k.restore(&t)
	k.desk.Tell(desk.Change{What: desk.FillChanged | desk.OverlayChanged})
	return notices
}

// restoreNotes brings candidates back, shows the place that was looked at, and starts what was interrupted again. It
// says what cannot be brought back.
func (k *Keeping) restoreNotes(notes []journal.Note, moments []canvas.Moment) (notices []string) {
	results := map[string]*fills.Candidate{}
	var order []string
	var waiting []jobNote
	unread := 0
	for _, n := range notes {
		switch kind, _, _ := strings.Cut(n.Key, "/"); kind {
		case "candidate":
			if c := restoreCandidate(n); c != nil {
				results[n.Key] = c
				order = append(order, n.Key)
				k.keys.know(n.Key, c.Result)
			} else {
				unread++
				k.keys.past(n.Key)
			}
		case "job":
			var j jobNote
			if json.Unmarshal(n.Data, &j) == nil {
				waiting = append(waiting, j)
			}
		case "making":
			var m makingNote
			if json.Unmarshal(n.Data, &m) == nil && !m.landed(moments) {
				notices = append(notices, m.lost())
			}
			k.j.Drop(n.Key)
		}
	}
	if unread > 0 {
		notices = append(notices, words.N(unread, "%d candidate cannot be read and is not shown; the file keeps it", "%d candidates cannot be read and are not shown; the file keeps them"))
	}
	var show int64
	for _, n := range notes {
		if strings.HasPrefix(n.Key, "stack/") {
			kept, lost := k.restoreStack(n, results, order, moments)
			notices = append(notices, lost...)
			ok := k.Fills.Stack(kept.ID) != nil
			if ok && kept.Shown {
				show = kept.ID
			}
			for i := 0; ok && kept.Asked && i < kept.Queued; i++ {
				if !slices.ContainsFunc(waiting, func(j jobNote) bool { return j.Stack == kept.ID && j.I == i }) {
					waiting = append(waiting, jobNote{Stack: kept.ID, I: i, Tries: -1})
				}
			}
		}
	}
	for key := range results { // of a stack that was discarded while they were computed
		stack, _, _ := strings.Cut(strings.TrimPrefix(key, "candidate/"), "/")
		if !slices.ContainsFunc(notes, func(n journal.Note) bool { return n.Key == "stack/"+stack }) {
			k.j.Drop(key)
		}
	}
	if show != 0 {
		k.Fills.Show(show)
	}
	k.desk.Tell(desk.Change{What: desk.CandidatesChanged | desk.Picture, Dirty: k.Easel.View().Visible()})
	return append(notices, k.restart(waiting)...)
}

// restart queues what was interrupted. What has ended two sessions is not tried again, which it says, nor is
// what was on the disk before the window had heard of it.
func (k *Keeping) restart(waiting []jobNote) (notices []string) {
	for _, j := range waiting {
		s := k.Fills.Stack(j.Stack)
		switch {
		case s == nil || s.Stale || s.Has(j.I):
			k.j.Drop(jobKey(j.Stack, j.I))
			continue
		case j.Tries < 2:
			k.Fills.Queue(s, j.I, j.Tries+1)
			continue
		}
		if len(s.Candidates) == 0 && k.Fills.Active(s) == 0 {
			k.Fills.Drop(s)
		}
		notices = append(notices, words.T("This fill crashed the program twice and was not restarted: %s", fills.Describe(s.Request)))
	}
	return notices
}

func restoreCandidate(n journal.Note) *fills.Candidate {
	var c candidateNote
	p := pictures{all: n.Images}
	if json.Unmarshal(n.Data, &c) != nil {
		return nil
	}
	r := &pipeline.Result{Image: take[*image.NRGBA](&p), Mask: take[*image.Alpha](&p), Timings: c.Timings, Seeds: c.Seeds, Steps: c.Steps, Device: c.Device}
	r.Request = c.restore(&p)
	if p.bad || r.Image == nil || r.Mask == nil || !r.Mask.Rect.Eq(r.Image.Rect) && !r.Mask.Rect.In(r.Image.Rect) {
		return nil
	}
	return fills.Finished(r, c.When)
}

// restoreStack puts a stack back and returns what was noted of it; where it cannot be, notices say so.
func (k *Keeping) restoreStack(n journal.Note, results map[string]*fills.Candidate, order []string, moments []canvas.Moment) (kept stackNote, notices []string) {
	p := pictures{all: n.Images}
	bad := json.Unmarshal(n.Data, &kept) != nil
	if bad {
		kept = stackNote{}
		kept.ID, _ = strconv.ParseInt(strings.TrimPrefix(n.Key, "stack/"), 10, 64)
	}
	s := &fills.Stack{ID: kept.ID, Place: kept.Place, At: kept.At, Request: kept.restore(&p), Queued: kept.Queued}
	keys := kept.Candidates
	for _, key := range order { // one that was kept just before the end
		if strings.HasPrefix(key, fmt.Sprintf("candidate/%d/", kept.ID)) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if c := results[key]; c != nil {
			s.Candidates = append(s.Candidates, c)
		}
	}
	if bad || p.bad {
		return kept, []string{k.rescue(s, kept.Discarded)}
	}
	s.At = min(max(s.At, 0), max(len(s.Candidates)-1, 0))
	if kept.Draft != nil && !k.resume(s, kept, moments) {
		if len(s.Candidates) == 0 {
			k.j.Drop(n.Key)
			return kept, []string{words.T("A fill that had only just begun cannot be taken up again; mask the place and fill it once more: %s", fills.Describe(s.Request))}
		}
		return kept, []string{k.rescue(s, kept.Discarded)}
	}
	k.Fills.Take(s, kept.Discarded)
	return kept, nil
}

// rescue shows the candidates of a place whose request cannot be read, and says what of it is not here. Without any the
// note stays as it is: nothing takes its number.
func (k *Keeping) rescue(s *fills.Stack, discarded bool) string {
	n := len(s.Candidates)
	if n == 0 {
		k.Fills.Reserve(s.ID)
		return words.T("A fill without candidates cannot be read and is not shown; the file keeps it. Mask the place and fill it once more")
	}
	s.Stale, s.At, s.Request = true, min(max(s.At, 0), n-1), s.Candidates[n-1].Result.Request
	if s.Place.Empty() {
		s.Place = s.Candidates[n-1].Patch.Rect
	}
	k.Fills.Take(s, discarded)
	return words.N(n, "What a fill was made from cannot be read: its %d candidate is here, but one more needs the place masked and filled again", "What a fill was made from cannot be read: its %d candidates are here, but one more needs the place masked and filled again")
}

// resume completes a request that was noted before its pictures were there; false where the step that it was of, or
// what it names, is gone.
func (k *Keeping) resume(s *fills.Stack, kept stackNote, moments []canvas.Moment) bool {
	for _, m := range slices.Backward(moments) {
		if m.When.Equal(kept.Step) && !kept.Step.IsZero() { // without a time nobody knows which it was
			return k.Fills.Resume(s, kept.Draft, m.State)
		}
	}
	return false
}

// know takes a key up again.
func (n *noteKeys) know(key string, r *pipeline.Result) {
	n.past(key)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.key[weak.Make(r)] = key
}

// past gives no result that key any more.
func (n *noteKeys) past(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i, err := strconv.ParseInt(key[strings.LastIndexByte(key, '/')+1:], 10, 64); err == nil {
		n.n = max(n.n, i)
	}
}
