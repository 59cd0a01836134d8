package prompting

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas/disk"
	"pentimento/fault"
)

// presetFile is the file in which presets and styles are exported.
type presetFile struct {
	Format  int               `json:"pentimento_presets"`
	Presets []settings.Preset `json:"presets"`
	Styles  []settings.Style  `json:"styles"`
}

// maxPresetFile bounds what is read of such a file.
const maxPresetFile = 8 << 20

// ExportPresets writes all presets and styles to a file.
func (p *Prompting) ExportPresets(path string) error {
	s := p.desk.Settings
	f := presetFile{1, s.Presets, s.Styles}
	return disk.WriteAtomic(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "\t")
		return enc.Encode(f)
	})
}

// ImportPresets adds the presets and styles of a file and says how many were new. What is here
// stays: one of a name that is taken by another gets a number behind it.
func (p *Prompting) ImportPresets(path string) (added int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPresetFile+1))
	if err != nil {
		return 0, err
	}
	var in presetFile
	if len(data) > maxPresetFile {
		err = fmt.Errorf("longer than %d bytes", maxPresetFile)
	} else if err = json.Unmarshal(data, &in); err == nil && in.Format != 1 {
		err = fmt.Errorf("format %d, want a file of presets of format 1", in.Format)
	}
	for i := range in.Presets {
		if in.Presets[i].Name == "" && err == nil {
			err = fmt.Errorf("preset %d has no name", i+1)
		}
	}
	for i := range in.Styles {
		if in.Styles[i].Name == "" && err == nil {
			err = fmt.Errorf("style %d has no name", i+1)
		}
	}
	if err != nil {
		return 0, fault.New(fmt.Sprintf("presets %q: %v", path, err), "choose a file that Export wrote in the list of presets")
	}
	s := p.desk.Settings
	presets := merged(s.Presets, in.Presets, func(o settings.Preset) string { return o.Name }, func(o settings.Preset, name string) settings.Preset { o.Name = name; return o },
		func(a, b settings.Preset) bool { return a.Whole == b.Whole && a.Fill.Equal(b.Fill) })
	styles := merged(s.Styles, in.Styles, func(o settings.Style) string { return o.Name }, func(o settings.Style, name string) settings.Style { o.Name = name; return o },
		func(a, b settings.Style) bool { return a.Prompt == b.Prompt && a.Negative == b.Negative })
	added = len(presets) + len(styles) - len(s.Presets) - len(s.Styles)
	s.Styles = styles
	p.setPresets(presets)
	p.desk.Tell(desk.Change{What: desk.FillChanged})
	return added, nil
}

// merged adds to a list what is not in it yet.
func merged[T any](list, more []T, name func(T) string, named func(T, string) T, same func(a, b T) bool) []T {
	out := slices.Clone(list)
	for _, o := range more {
		base, n := name(o), 1
		for {
			i := slices.IndexFunc(out, func(x T) bool { return name(x) == name(o) })
			if i >= 0 && same(out[i], o) {
				break
			}
			if i < 0 {
				out = append(out, o)
				break
			}
			n++
			o = named(o, fmt.Sprintf("%s (%d)", base, n))
		}
	}
	return out
}
