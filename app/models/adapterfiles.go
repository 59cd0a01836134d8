package models

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// AdapterFile is a file that the list or a prompt may name as an adapter.
type AdapterFile struct {
	Path string
	// Other is the family that it was made for where that is not the chosen model's; "" where it fits or
	// nothing tells.
	Other string
	// Trouble says why it can't be used, in a person's words; "" of the others.
	Trouble string
}

// adapters are the files near a model and in the library, as they were when it was looked.
type adapters struct {
	model   string
	files   []AdapterFile
	paths   []string // of those that can be read; nil before the first look
	seen    time.Time
	looking bool
	waiting []func([]AdapterFile)
	headers map[string]header // of files that the library does not have; of the look under way
}

// header is what a file says of itself.
type header struct {
	size, time int64
	item       collection.Item
}

// Adapters lists the files near the chosen model and in the library that its prompts may name as
// adapters; nil before the first look for them. It looks again, behind the window's back, where the
// last look was some seconds ago, as prompts are read at every key; listeners hear FillChanged when there
// are others.
func (m *Models) Adapters() []string {
	model, _ := m.Chosen()
	a := &m.adapters
	if a.model != model || time.Since(a.seen) > lookEvery {
		m.lookForAdapters(model)
	}
	if a.model != model {
		return nil
	}
	return a.paths
}

// ListAdapters gives then these files, those that fit the chosen model first, and also those of other
// families and those that can't be read. It looks for them first.
func (m *Models) ListAdapters(then func([]AdapterFile)) {
	model, _ := m.Chosen()
	m.adapters.waiting = append(m.adapters.waiting, then)
	m.lookForAdapters(model)
}

func (m *Models) lookForAdapters(model string) {
	a := &m.adapters
	if a.looking {
		return
	}
	a.looking = true
	done := func(files []AdapterFile, paths []string) {
		was, waiting := a.paths, a.waiting
		same := a.model == model && was != nil && slices.Equal(was, paths)
		a.model, a.files, a.paths, a.seen, a.looking, a.waiting = model, files, paths, time.Now(), false, nil
		for _, then := range waiting {
			then(files)
		}
		if !same {
			m.desk.Tell(desk.Change{What: desk.FillChanged})
		}
	}
	m.desk.Go(words.T("adapter"), func() {
		files, paths := m.findAdapters(model)
		m.desk.Post(func() { done(files, paths) })
	}, func(error) { done(nil, []string{}) })
}

// findAdapters walks folders and reads the headers of files that nobody knows. One call of it runs at
// a time.
func (m *Models) findAdapters(model string) (files []AdapterFile, paths []string) {
	a, l := &m.adapters, &m.Library
	known, family := map[string]*collection.Item{}, ""
	var candidates []string
	if l.Collection != nil {
		for _, r := range l.List(collection.Query{}) {
			known[string(r.Path)] = &r.Item
			if r.Kind == "adapter" || r.Kind == collection.Broken && amongAdapters(string(r.Path)) {
				candidates = append(candidates, string(r.Path))
			}
		}
	}
	candidates = append(pipeline.Adapters(model), candidates...)
	headers := map[string]header{} // of those that are still there
	look := func(path string) *collection.Item {
		if item := known[path]; item != nil {
			return item
		}
		h, ok := headerOf(path, a.headers)
		if !ok {
			return nil
		}
		headers[path] = h
		return &h.item
	}
	if item := look(model); model != "" && item != nil {
		family = item.Family
	}
	seen := map[string]bool{}
	paths = []string{}
	for _, path := range candidates {
		item := look(path)
		real, err := filepath.EvalSymlinks(path)
		if item == nil || err != nil || seen[real] || item.Kind != "adapter" && (item.Kind != collection.Broken || filepath.Dir(path) == filepath.Dir(model)) {
			continue // beside a model lie others
		}
		seen[real] = true
		f := AdapterFile{Path: path, Trouble: item.Trouble()}
		if family != "" && item.Family != "" && item.Family != family {
			f.Other = item.Family
		}
		if files = append(files, f); f.Trouble == "" {
			paths = append(paths, path)
		}
	}
	a.headers = headers
	slices.SortStableFunc(files, func(x, y AdapterFile) int {
		return cmp.Or(x.rank()-y.rank(), strings.Compare(strings.ToLower(filepath.Base(x.Path)), strings.ToLower(filepath.Base(y.Path))))
	})
	return files, paths
}

// headerOf is the header of a file, of those that were read before where it is the same; false where there is no file.
func headerOf(path string, before map[string]header) (header, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return header{}, false
	}
	h, ok := before[path]
	if !ok || h.size != info.Size() || h.time != info.ModTime().UnixNano() {
		h = header{size: info.Size(), time: info.ModTime().UnixNano()}
		h.item, _ = collection.Inspect(path) // what can't be read is an item, too
	}
	return h, true
}

// rank is where a file comes in the list: those that fit first, broken ones last.
func (f AdapterFile) rank() int {
	switch {
	case f.Trouble != "":
		return 2
	case f.Other != "":
		return 1
	}
	return 0
}

// amongAdapters says whether a file lies where people keep adapters.
func amongAdapters(path string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(filepath.ToSlash(filepath.Dir(path))), "/"), func(part string) bool {
		return part == "lora" || part == "loras" || part == "lycoris"
	})
}
