package wildcard

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"pentimento/fault"
)

// Limits of what is looked at in the person's folders.
const (
	maxFiles    = 20000
	maxFileSize = 16 << 20
	maxFolders  = 12 // deep
)

//go:embed words
var ownWords embed.FS

// Library is the lists that templates name. It is safe for use by several goroutines. What a
// file holds is read when it is first asked for, except .yaml and .json files, whose lists have
// to be known by name.
type Library struct {
	folders []string
	lists   map[string]*list // by name in lower case
	broken  map[string]error // files that could not be read, by path
	mu      sync.Mutex       // over what is in the lists
}

// list is what one name stands for.
type list struct {
	name   string
	path   string // of a file that is read when it is asked for; "" of one within another
	own    bool   // of the program
	values []value
	read   bool
	err    error
}

// value is one line of a list.
type value struct {
	weight float64
	text   string
	is     *template // nil until it was drawn
}

// Open finds the lists in folders and below them: those of an earlier folder come before those
// of the same name in a later one, and the program's own last. Folders that are not there are
// left out. It reads the disk, so a window calls it beside its goroutine.
func Open(folders ...string) *Library {
	l := &Library{folders: slices.Clone(folders), lists: map[string]*list{}, broken: map[string]error{}}
	left := maxFiles
	for _, dir := range folders {
		l.look(os.DirFS(dir), dir, &left)
	}
	words, err := fs.Sub(ownWords, "words")
	if err == nil {
		l.look(words, "", &left)
	}
	return l
}

// look takes the files of one folder; dir is "" for the program's own.
func (l *Library) look(in fs.FS, dir string, left *int) {
	_ = fs.WalkDir(in, ".", func(path string, d fs.DirEntry, err error) error {
		*left--
		switch {
		case err != nil:
			return nil
		case *left < 0:
			return fs.SkipAll
		case d.IsDir():
			if strings.Count(path, "/") > maxFolders || path != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(path)
		name, at := strings.TrimSuffix(path, ext), filepath.Join(dir, filepath.FromSlash(path))
		switch strings.ToLower(ext) {
		case ".txt":
			one := &list{name: name, path: at}
			if dir == "" {
				text, _ := fs.ReadFile(in, path)
				one.path, one.own, one.read, one.values = "", true, true, linesOf(string(text))
			}
			l.add(one)
		case ".yaml", ".yml", ".json":
			l.structured(name, at)
		}
		return nil
	})
}

func (l *Library) add(one *list) {
	if key := strings.ToLower(one.name); l.lists[key] == nil {
		l.lists[key] = one
	}
}

// structured takes the lists within one file. Their names are its keys, below the folder that it
// lies in; where the whole file is a list, it has the file's.
func (l *Library) structured(name, path string) {
	text, err := read(path)
	var found map[string][]value
	if err == nil {
		found, err = listsOf(text)
	}
	if err != nil {
		l.broken[path] = err
		return
	}
	folder := name[:strings.LastIndexByte(name, '/')+1]
	for _, key := range slices.Sorted(maps.Keys(found)) {
		called := folder + key
		if key == "" {
			called = name
		}
		l.add(&list{name: called, values: found[key], read: true})
	}
}

// Names lists the names of all lists, in order; own are the program's alone.
func (l *Library) Names() (all, own []string) {
	for _, one := range l.lists {
		if all = append(all, one.name); one.own {
			own = append(own, one.name)
		}
	}
	slices.Sort(all)
	slices.Sort(own)
	return all, own
}

// Has says whether a name or a pattern stands for any list.
func (l *Library) Has(pattern string) bool { return len(l.matching(pattern)) > 0 }

// matching are the lists of a name, or of a pattern with * (any characters) and ? (one).
func (l *Library) matching(pattern string) (out []*list) {
	key := strings.Trim(strings.ToLower(strings.ReplaceAll(pattern, `\`, "/")), "/")
	if one := l.lists[key]; one != nil {
		return []*list{one}
	}
	if !strings.ContainsAny(key, "*?") {
		return nil
	}
	re := regexp.QuoteMeta(key)
	re = strings.NewReplacer(`\*\*/`, ".*", `\*`, ".*", `\?`, ".").Replace(re)
	fits, err := regexp.Compile("^" + re + "$")
	if err != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(l.lists)) {
		if fits.MatchString(name) {
			out = append(out, l.lists[name])
		}
	}
	return out
}

// values are those of all lists that a name matches, as indices into what they hold.
func (l *Library) values(pattern string) ([]*value, error) {
	lists := l.matching(pattern)
	if len(lists) == 0 {
		return nil, l.missing(pattern)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*value
	for _, one := range lists {
		if !one.read {
			text, err := read(one.path)
			one.read, one.err, one.values = true, err, linesOf(text)
		}
		if one.err != nil {
			return nil, fault.With(fmt.Errorf("wildcard %q: %w", pattern, one.err), "")
		}
		for i := range one.values {
			out = append(out, &one.values[i])
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fmt.Sprintf("wildcard %q: its list has no line, want one at least", pattern), "Lines that begin with # are comments.")
	}
	return out, nil
}

// template is a value read, once.
func (l *Library) template(v *value) *template {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.is == nil {
		v.is = parse(v.text)
	}
	return v.is
}

// missing says what was looked for, where, and what there is instead.
func (l *Library) missing(pattern string) error {
	where := "no folder of wildcards was found or given"
	if len(l.folders) > 0 {
		where = "searched " + strings.Join(l.folders, ", ")
	}
	for _, path := range slices.Sorted(maps.Keys(l.broken)) {
		where += fmt.Sprintf("; %s could not be read: %s", path, fault.Plain(l.broken[path]))
	}
	_, own := l.Names()
	return fault.New(fmt.Sprintf("wildcard %q: found no list of that name; %s", pattern, where),
		fmt.Sprintf("Put a file %s.txt with one choice a line into such a folder; lists of the program's own are %s.", strings.Trim(cmp.Or(pattern, "name"), "/"), strings.Join(own, ", ")))
}

// read reads a text file that is not too large.
func read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: found no plain file, want one", path)
	case info.Size() > maxFileSize:
		return "", fmt.Errorf("%s: found %d MB, want at most %d", path, info.Size()>>20, maxFileSize>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return decoded(b), nil
}
