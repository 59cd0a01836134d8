package collection

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline/graph"
)

// belongings are the files that move with a model: those called as it is, which get its new name,
// and those whose names stand in files, which are kept: the other pieces of a model in several
// files, with their index, and the weights of an ONNX model.
type belongings struct {
	named, kept []string
	pieces      int // files that the model is in, where these are several
}

// piece is a name of one of a model's files, with what they share.
var piece = regexp.MustCompile(`^(.+)-\d{5}(-of-\d{5})(\.[A-Za-z]+)$`)

func (c *Collection) belongings(path string) (b belongings, err error) {
	if _, err := os.Lstat(path); err != nil {
		return b, fault.With(fmt.Errorf("models: %q: %w", path, err), words.T("Look at the folders again."))
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return b, fmt.Errorf("models: %w", err)
	}
	names, stems := map[string]fs.DirEntry{}, map[string]int{}
	for _, e := range entries {
		names[e.Name()] = e
		if isModel(e.Name()) {
			stems[stem(e.Name())]++
		}
	}
	beside := func(name string) (out []string) {
		files, _ := besides(filepath.Join(filepath.Dir(path), name), names)
		for _, f := range files {
			out = append(out, f)
		}
		return out
	}
	if name := filepath.Base(path); stems[stem(name)] < 2 { // NAME.ckpt and NAME.safetensors share them
		b.named = beside(name)
	}
	b.pieced(path, names, func(name string) {
		if stems[stem(name)] < 2 {
			b.kept = append(b.kept, beside(name)...)
		}
	})
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		if err := b.weights(path, names); err != nil {
			return b, err
		}
	}
	slices.Sort(b.named)
	slices.Sort(b.kept)
	return b, nil
}

// pieced adds the other pieces of a model in several files, its index, and what is called as they
// are.
func (b *belongings) pieced(path string, names map[string]fs.DirEntry, beside func(name string)) {
	m := piece.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return
	}
	whole := m[1] + m[3]
	for name := range names {
		o := piece.FindStringSubmatch(name)
		if o == nil || o[1] != m[1] || o[2] != m[2] || o[3] != m[3] {
			continue
		}
		if b.pieces++; name != filepath.Base(path) {
			b.kept = append(b.kept, filepath.Join(filepath.Dir(path), name))
			beside(name)
		}
	}
	if index := whole + ".index.json"; names[index] != nil {
		b.kept = append(b.kept, filepath.Join(filepath.Dir(path), index))
	}
	if names[whole] == nil { // it has its own name's pictures and notes otherwise
		beside(whole)
	}
}

// weights adds the files that an ONNX model says its weights are in.
func (b *belongings) weights(path string, names map[string]fs.DirEntry) error {
	all, err := graph.Outside(path)
	if err != nil { // it can't be read: what is called after it is taken for its
		for _, ending := range []string{"_data", ".data"} {
			all = append(all, filepath.Base(path)+ending)
		}
	}
	for _, name := range all {
		switch {
		case filepath.Base(name) != name:
			return fault.New(fmt.Sprintf("models: %q keeps its weights in %q", path, name), words.T("Move the whole folder with the file manager, then look at the folders again."))
		case names[name] != nil:
			b.kept = append(b.kept, filepath.Join(filepath.Dir(path), name))
		}
	}
	return nil
}

// stays says why a model can't go to another name or folder: something would no longer find it.
func (c *Collection) stays(path, dir, name string, b belongings) error {
	leaves := filepath.Clean(dir) != filepath.Dir(path)
	if b.pieces > 0 && name != filepath.Base(stem(path)) {
		return fault.New(words.T("%s is one of the %d files of its model, which find each other by their names", filepath.Base(path), b.pieces), words.T("It can be moved, and all of them go with it, but not be renamed."))
	}
	for _, link := range c.linksTo(append(b.kept, path)) {
		return fault.New(words.T("%s is a link to %s and would lead nowhere", link, filepath.Base(path)), words.T("Move or delete the link first."))
	}
	if !leaves {
		return nil
	}
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		if link := leaving(path); link != "" {
			return fault.New(words.T("%s leads out of the folder %s and would lead nowhere", link, filepath.Base(path)), words.T("This is how a hub's cache lays models out. Leave it where it is, or copy the folder with its links followed."))
		}
	}
	for _, data := range b.kept {
		if other := c.reads(path, data); other != "" {
			return fault.New(words.T("%s keeps its weights in %s, too", filepath.Base(other), filepath.Base(data)), words.T("Move the whole folder with the file manager, then look at the folders again."))
		}
	}
	return nil
}

// linksTo are links in the files' folder, or in the library, that lead to one of them.
func (c *Collection) linksTo(files []string) (out []string) {
	dir := filepath.Dir(files[0])
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 || slices.Contains(files, filepath.Join(dir, e.Name())) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		text, err := os.Readlink(path)
		if err == nil && !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
		if err == nil && slices.Contains(files, filepath.Clean(text)) {
			out = append(out, path)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for path, item := range c.items {
		if !item.Gone && item.Real != "" && !slices.Contains(files, path) && slices.Contains(files, string(item.Real)) && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// leaving is a relative link below a folder that leads out of it, "" where there is none.
func leaving(dir string) (out string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return nil // what can't be read has no link that we know of
		}
		text, err := os.Readlink(path)
		if err == nil && !filepath.IsAbs(text) && !inside(filepath.Join(filepath.Dir(path), text), dir) {
			out = path
			return fs.SkipAll
		}
		return nil
	})
	return out
}

// reads is another ONNX model of the folder that keeps its weights in a file, "" where none does.
func (c *Collection) reads(path, data string) string {
	if !strings.EqualFold(filepath.Ext(path), ".onnx") {
		return ""
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		other := filepath.Join(filepath.Dir(path), e.Name())
		if other == path || !strings.EqualFold(filepath.Ext(other), ".onnx") {
			continue
		}
		if names, err := graph.Outside(other); err == nil && slices.Contains(names, filepath.Base(data)) {
			return other
		}
	}
	return ""
}

// relocate moves a file, a folder or a link to a name that is free. A relative link leads to the same
// file from there, or says text where that is given; said is what it said before.
func relocate(from, to, text string) (said string, err error) {
	if exists(to) && !sameFile(from, to) {
		return "", fmt.Errorf("models: %q is there already", to)
	}
	info, err := os.Lstat(from)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 && filepath.Dir(from) != filepath.Dir(to) {
		if said, err = os.Readlink(from); err == nil && !filepath.IsAbs(said) {
			return said, relink(from, to, said, text)
		}
		said = ""
	}
	err = os.Rename(from, to)
	if err == nil {
		return "", nil
	}
	var link *os.LinkError
	if errors.As(err, &link) && otherDrive(link.Err) {
		return "", fault.New(fmt.Sprintf("models: %q and %q are on different drives", from, filepath.Dir(to)), "Copy the file there with the file manager, then look at the folders again.")
	}
	return "", fmt.Errorf("models: %w", err)
}

// relink puts a link into another folder.
func relink(from, to, said, text string) error {
	if text == "" {
		target := filepath.Join(filepath.Dir(from), said)
		var err error
		if text, err = filepath.Rel(filepath.Dir(to), target); err != nil {
			text = target // on another drive
		}
	}
	if err := os.Symlink(text, to); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	if err := os.Remove(from); err != nil {
		return fmt.Errorf("models: %w", errors.Join(err, os.Remove(to)))
	}
	return nil
}

// sameFile: another spelling of one name, on disks that do not tell capitals apart.
func sameFile(a, b string) bool {
	x, err := os.Lstat(a)
	y, other := os.Lstat(b)
	return err == nil && other == nil && os.SameFile(x, y)
}
