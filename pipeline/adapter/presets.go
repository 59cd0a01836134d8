package adapter

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
)

// The files in which people keep lists of their own, as the extension has them: lines
// NAME:NUMBERS; and rules NAME:RULES with an empty line between them. They may stand in any
// folder of adapters, or where the extension has them beside the model's folder.
const (
	presetFile  = "lbwpresets.txt"
	elementFile = "elempresets.txt"
	extension   = "extensions/sd-webui-lora-block-weight/scripts"
)

// maxPresets bounds a file of presets.
const maxPresets = 1 << 20

// Presets are named block weights: the built-in ones and those of a person's files.
type Presets struct{ own, elements []preset }

type preset struct{ name, text string }

// builtIn are the extension's lists, for 17 blocks.
var builtIn = []preset{
	{"NONE", "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
	{"ALL", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"},
	{"INS", "1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0"},
	{"IND", "1,0,0,0,1,1,1,0,0,0,0,0,0,0,0,0,0"},
	{"INALL", "1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0"},
	{"MIDD", "1,0,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0"},
	{"OUTD", "1,0,0,0,0,0,0,0,1,1,1,1,0,0,0,0,0"},
	{"OUTS", "1,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1"},
	{"OUTALL", "1,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1"},
	{"ALL0.5", "0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5"},
}

// builtInXL are lists of the same names for SDXL's 20 blocks.
var builtInXL = []preset{
	{"NONE", "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
	{"ALL", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"},
	{"INS", "1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
	{"IND", "1,0,0,0,0,0,1,1,1,1,0,0,0,0,0,0,0,0,0,0"},
	{"INALL", "1,1,1,1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0"},
	{"MIDD", "1,0,0,0,0,0,1,1,1,1,1,1,1,1,1,0,0,0,0,0"},
	{"OUTD", "1,0,0,0,0,0,0,0,0,0,0,1,1,1,1,0,0,0,0,0"},
	{"OUTS", "1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1"},
	{"OUTALL", "1,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1"},
	{"ALL0.5", "0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5"},
}

// builtInElements are the extension's rules.
var builtInElements = []preset{
	{"ATTNDEEPON", "IN05-OUT05:attn:1"},
	{"ATTNDEEPOFF", "IN05-OUT05:attn:0"},
	{"PROJDEEPOFF", "IN05-OUT05:proj:0"},
}

// FindPresets reads the presets near a model: the built-in ones, and before them those of the
// first files found. What cannot be read holds none.
func FindPresets(model string) (p Presets) {
	if model == "" {
		return p
	}
	folders := append(Folders(model), filepath.Join(filepath.Dir(model), "..", "..", extension))
	if text := firstFile(folders, presetFile); text != "" {
		for line := range strings.Lines(text) {
			name, list, ok := strings.Cut(strings.TrimSpace(line), ":")
			if _, known := notations[strings.Count(list, ",")+1]; ok && known && !strings.Contains(line, "#") {
				p.own = append(p.own, preset{strings.TrimSpace(name), list})
			}
		}
	}
	text := strings.ReplaceAll(firstFile(folders, elementFile), "\r\n", "\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		if name, rules, ok := strings.Cut(strings.TrimSpace(block), ":"); ok {
			p.elements = append(p.elements, preset{strings.TrimSpace(name), rules})
		}
	}
	return p
}

// firstFile is the text of a file in the first folder that has one.
func firstFile(folders []string, name string) string {
	for _, dir := range folders {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, maxPresets))
		f.Close()
		if err == nil {
			return strings.TrimPrefix(string(data), "\ufeff")
		}
	}
	return ""
}

// lists are the lists for a model that takes so many numbers, a person's own first.
func (p Presets) lists(counts []int) []preset {
	if slices.Contains(counts, 20) {
		return slices.Concat(p.own, builtInXL)
	}
	return slices.Concat(p.own, builtIn)
}

// Names are those of the lists that a model takes which takes so many numbers.
func (p Presets) Names(counts []int) (out []string) {
	for _, l := range p.lists(counts) {
		if slices.Contains(counts, strings.Count(l.text, ",")+1) && !slices.Contains(out, l.name) {
			out = append(out, l.name)
		}
	}
	return out
}

// RuleNames are those of the elemental rules, a person's own first.
func (p Presets) RuleNames() (out []string) {
	for _, e := range slices.Concat(p.elements, builtInElements) {
		if !slices.Contains(out, e.name) {
			out = append(out, e.name)
		}
	}
	return out
}

// list is the one of a name that the model takes, or else any of that name.
func (p Presets) list(name string, counts []int) (text string, ok bool) {
	for _, l := range p.lists(counts) {
		if fits := slices.Contains(counts, strings.Count(l.text, ",")+1); l.name == name && (fits || !ok) {
			if text, ok = l.text, true; fits {
				break
			}
		}
	}
	return text, ok
}

// rules are those of a name.
func (p Presets) rules(name string) (string, error) {
	all := slices.Concat(p.elements, builtInElements)
	text, ok := find(all, name)
	if !ok {
		var names []string
		for _, e := range all {
			names = append(names, e.name)
		}
		return "", fault.New(fmt.Sprintf("elemental rules %q: none are called so", name),
			fmt.Sprintf("There are %s, and those of a file %s beside the adapters.", strings.Join(names, ", "), elementFile))
	}
	return text, nil
}

func find(all []preset, name string) (string, bool) {
	i := slices.IndexFunc(all, func(p preset) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return all[i].text, true
}
