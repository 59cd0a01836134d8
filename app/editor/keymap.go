package editor

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"pentimento/app/words"
	"pentimento/canvas/disk"
	"pentimento/fault"
)

// KeysOf are an action's keys: those that the person gave it, else the table's.
func (e *Editor) KeysOf(a *Action) []string {
	if keys, ok := e.Settings.Keys[a.ID]; ok {
		return keys
	}
	return a.Keys
}

// Rivals are the other actions that have a key. Sharing one is no fault: the first that can run
// answers.
func (e *Editor) Rivals(id, key string) (out []*Action) {
	for i := range Actions {
		if a := &Actions[i]; a.ID != id && slices.Contains(e.KeysOf(a), key) {
			out = append(out, a)
		}
	}
	return out
}

// Remappable says whether a person may give an action other keys: not where each of its keys
// means something else.
func (a *Action) Remappable() bool { return a.ID != "brush.opacity" }

// bracketed is a key that a text names, "Paint over it (M)", with what shows that it is part of a
// file's name instead: "boat (M).png".
var bracketed = regexp.MustCompile(`[ \x{a0}]?\(([^()\s]{1,16})\)(?:\.?[\pL\d_]+)?`)

// Keyed is a text in which keys of the table stand in brackets, with those that the person gave
// the same actions; a key that none of its actions has any more is left out. Of several actions
// on one key it is that which can run now. After a no-break space a key is the person's already.
func (e *Editor) Keyed(text string) string {
	if len(e.Settings.Keys) == 0 {
		return text
	}
	return bracketed.ReplaceAllStringFunc(text, func(named string) string {
		before, key, _ := strings.Cut(strings.TrimSuffix(named, ")"), "(")
		if before == "\u00a0" || !strings.HasSuffix(named, ")") {
			return named
		}
		has := func(keys []string) bool { // as this system's keyboards name them: T has done so already
			return slices.ContainsFunc(keys, func(k string) bool { return words.Keys(k) == key })
		}
		var on []*Action
		for i := range Actions {
			if a := &Actions[i]; has(a.Keys) {
				on = append(on, a)
			}
		}
		if can := slices.DeleteFunc(slices.Clone(on), func(a *Action) bool { return !a.Can(e) }); len(can) > 0 {
			on = can
		}
		out := named
		for i, a := range on {
			now := e.KeysOf(a)
			if has(now) {
				return named
			}
			if i == 0 {
				out = ""
			}
			if out == "" && len(now) > 0 {
				out = before + "(" + words.Keys(now[0]) + ")"
			}
		}
		return out
	})
}

// SetKeys gives an action keys, taken from all others where take is set; nil brings back those
// of the table.
func (e *Editor) SetKeys(id string, keys []string, take bool) {
	a := Find(id)
	if a == nil || !a.Remappable() {
		return
	}
	e.setting(func() {
		all := maps.Clone(e.Settings.Keys)
		if all == nil {
			all = map[string][]string{}
		}
		set := func(a *Action, keys []string) {
			if all[a.ID] = keys; slices.Equal(keys, a.Keys) {
				delete(all, a.ID)
			}
		}
		if keys == nil {
			keys = a.Keys
		}
		set(a, append([]string{}, keys...))
		for _, key := range keys {
			if take {
				for _, r := range e.Rivals(id, key) {
					if r.Remappable() {
						set(r, slices.DeleteFunc(slices.Clone(keysIn(all, r)), func(k string) bool { return k == key }))
					}
				}
			}
		}
		e.Settings.Keys = all
	})
}

func keysIn(all map[string][]string, a *Action) []string {
	if keys, ok := all[a.ID]; ok {
		return keys
	}
	return a.Keys
}

// ResetKeys gives all actions the keys of the table again.
func (e *Editor) ResetKeys() { e.setting(func() { e.Settings.Keys = nil }) }

// namedKeys are the keys that have a name of more than a letter.
var namedKeys = []string{"Escape", "Enter", "Delete", "Backspace", "Left", "Right", "Up", "Down", "Tab", "Home", "End", "PageUp", "PageDown", "Insert",
	"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12"}

// KeyName brings a key to the table's spelling, "Ctrl+Shift+S": Ctrl, Shift and Alt in this
// order, letters in upper case.
func KeyName(key string) (string, error) {
	rest, mods := strings.TrimSpace(key), ""
	for _, m := range []string{"Ctrl", "Shift", "Alt"} {
		if after, ok := cutFold(rest, m+"+"); ok && after != "" {
			rest, mods = after, mods+m+"+"
		}
	}
	if i := slices.IndexFunc(namedKeys, func(n string) bool { return strings.EqualFold(n, rest) }); i >= 0 {
		return mods + namedKeys[i], nil
	}
	r := []rune(rest)
	if len(r) != 1 || !unicode.IsGraphic(r[0]) || unicode.IsSpace(r[0]) {
		return "", fault.New(fmt.Sprintf("keys: %q is no key", key), `want one such as "B", "Shift+F5", "Ctrl+Alt+K" or "["`)
	}
	return mods + strings.ToUpper(rest), nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// keyFile is the file of keys that is exported: all actions, so that it can be read.
type keyFile struct {
	Format int                 `json:"pentimento_keys"`
	Keys   map[string][]string `json:"keys"` // by the action's ID
}

// ExportKeys writes the keys of all actions to a file.
func (e *Editor) ExportKeys(path string) {
	f := keyFile{1, map[string][]string{}}
	for i := range Actions {
		if a := &Actions[i]; a.Remappable() {
			f.Keys[a.ID] = append([]string{}, e.KeysOf(a)...)
		}
	}
	if e.Fail(disk.WriteAtomic(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "\t")
		return enc.Encode(f)
	})) {
		return
	}
	e.Say(words.T("The keys were written to %s", path))
}

// maxKeyFile bounds what is read of a file of keys.
const maxKeyFile = 1 << 20

// ImportKeys takes the keys of a file; actions that it does not name keep theirs.
func (e *Editor) ImportKeys(path string) {
	keys, unknown, err := readKeys(path)
	if e.Fail(err) {
		return
	}
	e.setting(func() {
		all := maps.Clone(e.Settings.Keys)
		if all == nil {
			all = map[string][]string{}
		}
		for id, list := range keys {
			if all[id] = list; slices.Equal(list, Find(id).Keys) {
				delete(all, id)
			}
		}
		e.Settings.Keys = all
	})
	if unknown > 0 {
		e.Say(words.N(unknown, "The keys were read; %d command in the file is not known here", "The keys were read; %d commands in the file are not known here"))
		return
	}
	e.Say(words.T("The keys were read"))
}

func readKeys(path string) (keys map[string][]string, unknown int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, 0, err
	}
	var in keyFile
	if len(data) > maxKeyFile {
		err = fmt.Errorf("longer than %d bytes", maxKeyFile)
	} else if err = json.Unmarshal(data, &in); err == nil && (in.Format != 1 || in.Keys == nil) {
		err = fmt.Errorf("format %d, want a file of keys of format 1", in.Format)
	}
	if err != nil {
		return nil, 0, fault.New(fmt.Sprintf("keys %q: %v", path, err), "choose a file that Export wrote in the list of keys")
	}
	keys = map[string][]string{}
	for id, list := range in.Keys {
		a := Find(id)
		if a == nil || !a.Remappable() {
			unknown++
			continue
		}
		keys[id] = []string{}
		for _, key := range list {
			name, err := KeyName(key)
			if err != nil {
				return nil, 0, fmt.Errorf("keys %q: %q: %w", path, id, err)
			}
			keys[id] = append(keys[id], name)
		}
	}
	return keys, unknown, nil
}
