package ui

import (
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"pentimento/app/editor"
	"pentimento/app/jobs"
	"pentimento/app/words"
)

// findPass is a pass of a card that finds things, with what it has found.
type findPass struct {
	editor.Detailing
	file    string           // a network of the person's, in the place of what the pass finds by itself; "": none
	sighted *editor.Sighting // nil: it has not looked
	off     map[int]bool     // which of its finds are switched off
	turn    int              // how often it began to look, or looks for something else
}

// finds are what the passes of a card have found: ticks in the card, numbers over the canvas, where a click switches one. How sure
// a find must be and how far its mask is grown act on what was found, beside the window's goroutine.
type finds struct {
	w      *window
	passes []*findPass
	said   func() // after anything of it is another: for notes and buttons

	list    *fyne.Container
	ticks   map[[2]int]*tick
	seen    *editor.Seen // nil: nothing is shown
	of      []*findPass  // whose finds are seen
	looking int          // searches that have not ended
	job     jobs.ID      // the last of them
	busy    bool         // what is seen is being made
	again   bool         // and is another by now
	ending  bool         // it is being handed on
	gone    bool         // the card is closed: what arrives is shown no more
}

func newFinds(w *window, said func()) *finds {
	return &finds{w: w, said: said, list: container.NewVBox()}
}

// ready is a pass as it looks, with the paths of its networks.
func (f *finds) ready(p *findPass) editor.Detailing {
	d := p.Detailing
	if d.Network = ""; p.file != "" {
		d.Find.What = p.file
	} else {
		d.Network = f.w.ed.Models.NetworkOf(editor.FinderOf(d.Find.What).Parts)
	}
	return d
}

// parts are the networks of passes that may have to be fetched.
func (f *finds) parts(passes []*findPass) (all []string) {
	for _, p := range passes {
		if p.file != "" {
			continue
		}
		for _, name := range editor.FinderOf(p.Find.What).Parts {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// blind are the passes that have not looked.
func (f *finds) blind() (out []*findPass) {
	for _, p := range f.passes {
		if p.sighted == nil {
			out = append(out, p)
		}
	}
	return out
}

// forget drops what a pass has found: it looks for something else.
func (f *finds) forget(p *findPass) {
	p.sighted, p.off = nil, nil
	p.turn++
	f.show()
}

// look has passes look at the picture. What is switched off stays so where it is found again.
func (f *finds) look(which []*findPass) {
	var passes []editor.Detailing
	var turns []int
	for _, p := range which {
		p.turn++
		passes, turns = append(passes, f.ready(p)), append(turns, p.turn)
	}
	f.looking++
	f.said()
	f.job = f.w.ed.Fills.Look(passes, func(all []*editor.Sighting) {
		f.looking--
		if f.gone {
			return
		}
		for i, p := range which {
			if all == nil || p.turn != turns[i] {
				continue
			}
			off := map[int]bool{}
			for k, found := range all[i].Found {
				off[k] = p.sighted != nil && slices.ContainsFunc(p.sighted.Found, func(old editor.Found) bool {
					return old.Box == found.Box && p.off[slices.IndexFunc(p.sighted.Found, func(o editor.Found) bool { return o.Box == old.Box })]
				})
			}
			p.sighted, p.off = all[i], off
		}
		if all != nil {
			f.surer()
		}
		f.show()
	})
}

// surer looks once more for what is less sure than what was looked for, one search at a time.
func (f *finds) surer() {
	for _, p := range f.passes {
		if f.looking == 0 && p.sighted != nil && p.Find.Least() < p.sighted.Least {
			f.look([]*findPass{p})
		}
	}
}

// now are the passes as they are, and what each has sighted.
func (f *finds) now() (passes []editor.Detailing, sighted []*editor.Sighting) {
	for _, p := range f.passes {
		passes, sighted = append(passes, f.ready(p)), append(sighted, p.sighted)
	}
	return passes, sighted
}

// show brings ticks and canvas to what the passes have found and their numbers say.
func (f *finds) show() {
	f.said()
	if f.busy {
		f.again = true
		return
	}
	if len(f.blind()) == len(f.passes) {
		f.clear()
		return
	}
	passes, sighted := f.now()
	f.busy, f.again = true, false
	f.w.ed.Go(words.T("finds"), func() {
		seen := editor.See(passes, sighted)
		f.w.ed.Post(func() {
			f.busy = false
			if _, now := f.now(); !f.gone && slices.Equal(now, sighted) {
				f.arrived(seen)
			}
			if f.again && !f.gone {
				f.show()
			}
		})
	}, func(error) { f.busy = false })
}

// clear shows nothing.
func (f *finds) clear() {
	f.seen, f.ticks = nil, nil
	f.list.RemoveAll()
	f.w.view.sight(nil, nil)
	f.said()
}

// offs are what is switched off of each pass.
func (f *finds) offs() (out []map[int]bool) {
	for _, p := range f.passes {
		out = append(out, maps.Clone(p.off))
	}
	return out
}

// mark tells finds which of them are switched off, and says how many are not.
func mark(seen editor.Seen, off []map[int]bool) (on int) {
	for i, d := range seen.Passes {
		for k := range d.Found {
			if d.Found[k].Off = off[i][seen.From[i][k]]; !d.Found[k].Off {
				on++
			}
		}
	}
	return on
}

// arrived shows what was found.
func (f *finds) arrived(seen editor.Seen) {
	mark(seen, f.offs())
	f.seen, f.of, f.ticks = &seen, slices.Clone(f.passes), map[[2]int]*tick{}
	f.list.RemoveAll()
	n := 0
	for i, d := range seen.Passes {
		for k, found := range d.Found {
			if n++; n > mostTicks {
				continue
			}
			t := newTick(words.T("%d. %s, %.0f %%, %d × %d px", n, found.Class, 100*found.Score, found.Box.Dx(), found.Box.Dy()), func(on bool) { f.turn(i, k, on) })
			t.Checked = !found.Off
			f.ticks[[2]int{i, k}] = t
			f.list.Add(t)
		}
	}
	f.w.view.sight(f.seen, func(i, k int) {
		on := f.seen.Passes[i].Found[k].Off
		f.turn(i, k, on)
		if t := f.ticks[[2]int{i, k}]; t != nil {
			t.Checked = on
			t.Refresh()
		}
	})
	f.said()
}

// mostTicks are the finds that have a tick in the card; all can be clicked on the canvas.
const mostTicks = 40

// turn switches a find on or off, unless its pass looks for something else by now.
func (f *finds) turn(i, k int, on bool) {
	if f.of[i].off == nil {
		return
	}
	f.seen.Passes[i].Found[k].Off = !on
	f.of[i].off[f.seen.From[i][k]] = !on
	f.said()
	f.w.view.resight()
}

// count is how many finds are seen, and how many of them are on.
func (f *finds) count() (all, on int) {
	if f.seen == nil {
		return 0, 0
	}
	for _, d := range f.seen.Passes {
		for _, found := range d.Found {
			if all++; !found.Off {
				on++
			}
		}
	}
	return all, on
}

// end closes the card and hands on what the passes that have looked found, by their numbers, texts and switches as they are now.
func (f *finds) end(do func([]editor.Detailing)) {
	if _, on := f.count(); on == 0 || f.ending {
		return
	}
	f.ending = true
	passes, sighted := f.now()
	off := f.offs()
	f.w.ed.Go(words.T("finds"), func() {
		seen := editor.See(passes, sighted)
		f.w.ed.Post(func() {
			if f.ending = false; f.gone || mark(seen, off) == 0 {
				return
			}
			f.w.closeCard()
			f.w.focusCanvas()
			do(slices.DeleteFunc(seen.Passes, func(d editor.Detailing) bool { return !d.Looked }))
		})
	}, func(error) { f.ending = false })
}

// ticked is the list of ticks, which scrolls in a height.
func (f *finds) ticked(height float32) fyne.CanvasObject {
	scroll := container.NewVScroll(f.list)
	scroll.SetMinSize(fyne.NewSize(0, height))
	return scroll
}

// over ends what is shown and looked for: the card is closed.
func (f *finds) over() {
	f.gone, f.w.view.onEscape, f.w.view.onEnter = true, nil, nil
	if f.looking > 0 {
		f.w.ed.Jobs.Cancel(f.job)
	}
	f.w.view.sight(nil, nil)
}
