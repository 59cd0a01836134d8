package collection

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The most that is looked at, so that a folder chosen by mistake, such as a whole disk, ends.
const (
	maxDepth = 24
	maxFiles = 100_000
)

// seen is a file, or a diffusers folder, as it was found.
type seen struct {
	path   string
	real   Path // where a link leads
	folder bool
	size   int64
	time   int64
	beside string            // state of what is beside it
	files  map[string]string // what is beside it: its path by the ending
	err    error
}

// walker lists the files of one folder.
type walker struct {
	ctx     context.Context
	deep    bool
	visited map[string]bool // real folders
	out     []seen
}

// walk lists what may be models below a folder, each real folder once however many links lead
// to it, with deep also in those below; ok is false where the folder cannot be read.
func walk(ctx context.Context, dir string, deep bool) (found []seen, ok bool) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, false
	}
	if _, err := os.ReadDir(real); err != nil {
		return nil, false
	}
	w := &walker{ctx: ctx, deep: deep, visited: map[string]bool{}}
	w.folder(dir, real, 0)
	return w.out, true
}

func (w *walker) folder(dir, real string, depth int) {
	if w.visited[real] || depth > maxDepth || w.ctx.Err() != nil || len(w.out) >= maxFiles {
		return
	}
	w.visited[real] = true
	entries, err := os.ReadDir(dir)
	if err != nil && depth > 0 {
		w.out = append(w.out, seen{path: dir, folder: true, err: fmt.Errorf("a folder that cannot be read: %w", err)})
	}
	names := map[string]fs.DirEntry{}
	for _, e := range entries {
		names[e.Name()] = e
	}
	if _, whole := names["model_index.json"]; whole {
		w.whole(dir, real, entries)
		return
	}
	if _, is := names["model.json"]; is && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return shard.MatchString(e.Name()) }) {
		w.whole(dir, real, entries)
		return
	}
	if depth > 0 && !w.deep {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == TrashFolder {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			w.folder(path, filepath.Join(real, e.Name()), depth+1)
		case e.Type()&fs.ModeSymlink != 0:
			w.link(path, names, depth)
		case isModel(e.Name()):
			info, err := e.Info()
			w.file(path, "", info, err, names)
		}
	}
}

// shard is the name of a piece of the weights of a model.json of TensorFlow.js, which is one item with its folder.
var shard = regexp.MustCompile(`-shard\d+of\d+\.bin$`)

func isModel(name string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(name)))
}

// link follows one. That it leads nowhere is worth a word only where its name is a model's.
func (w *walker) link(path string, names map[string]fs.DirEntry, depth int) {
	real, err := filepath.EvalSymlinks(path)
	var info fs.FileInfo
	if err == nil {
		info, err = os.Stat(real)
	}
	switch {
	case err == nil && info.IsDir():
		w.folder(path, real, depth+1)
	case isModel(path):
		if err != nil {
			err = fmt.Errorf("a link that leads nowhere: %w", err)
		}
		w.file(path, real, info, err, names)
	}
}

func (w *walker) file(path, real string, info fs.FileInfo, err error, names map[string]fs.DirEntry) {
	s := seen{path: path, real: Path(real), err: err}
	if info != nil {
		s.size, s.time = info.Size(), info.ModTime().UnixNano()
	}
	s.files, s.beside = besides(path, names)
	w.out = append(w.out, s)
}

// whole is a diffusers folder: one item, as large as its files and as new as the newest.
func (w *walker) whole(dir, real string, entries []fs.DirEntry) {
	s := seen{path: dir, folder: true}
	if real != dir {
		s.real = Path(real)
	}
	var add func(dir string, entries []fs.DirEntry, depth int)
	add = func(dir string, entries []fs.DirEntry, depth int) {
		for _, e := range entries {
			if e.IsDir() && depth < 3 {
				below, _ := os.ReadDir(filepath.Join(dir, e.Name())) // opening names what cannot be read
				add(filepath.Join(dir, e.Name()), below, depth+1)
			} else if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.Mode().IsRegular() {
				s.size += info.Size()
				s.time = max(s.time, info.ModTime().UnixNano())
			}
		}
	}
	add(dir, entries, 0)
	names := map[string]fs.DirEntry{}
	around, _ := os.ReadDir(filepath.Dir(dir))
	for _, e := range around {
		names[e.Name()] = e
	}
	s.files, s.beside = besides(dir, names)
	w.out = append(w.out, s)
}

// The endings of files that belong to a model NAME: its pictures, the first the best, and what
// is written of it; of ncnn's networks the layers.
var (
	pictureEndings = []string{".preview.png", ".preview.jpg", ".preview.jpeg", ".preview.webp", ".png", ".jpg", ".jpeg", ".webp"}
	textEndings    = []string{".param", ".civitai.info", ".json", ".cm-info.json", ".metadata.json", ".txt", ".md", ".description.txt", ".yaml"}
)

// besides are the files that belong to a model, and a word for their state.
func besides(path string, names map[string]fs.DirEntry) (files map[string]string, state string) {
	base := filepath.Base(stem(path))
	for _, ending := range slices.Concat(pictureEndings, textEndings) {
		e := names[base+ending]
		if e == nil || e.IsDir() {
			continue
		}
		if files == nil {
			files = map[string]string{}
		}
		files[ending] = filepath.Join(filepath.Dir(path), e.Name())
		if info, err := e.Info(); err == nil {
			state += fmt.Sprintf("%s %d %d\n", ending, info.Size(), info.ModTime().UnixNano())
		}
	}
	return files, state
}

// one is a single file or diffusers folder as walk finds it.
func one(path string) (seen, error) {
	info, err := os.Stat(path)
	if err != nil {
		return seen{}, err
	}
	w := &walker{ctx: context.Background(), visited: map[string]bool{}}
	entries, err := os.ReadDir(filepath.Dir(path))
	if info.IsDir() {
		entries, err = os.ReadDir(path)
	}
	if err != nil {
		return seen{}, err
	}
	if info.IsDir() {
		w.whole(path, path, entries)
		return w.out[0], nil
	}
	names := map[string]fs.DirEntry{}
	for _, e := range entries {
		names[e.Name()] = e
	}
	w.file(path, "", info, nil, names)
	return w.out[0], nil
}
