package metadata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Regions of A1111's extension Regional Prompter (hako-mikan): the prompt in parts, with words between
// them, and parameters "RP …" that say where the parts are. Facts of its documents and of pictures made with it:
//
//   - ADDCOMM ends what is added to all parts, ADDBASE the text of the whole picture; with "Use Common"
//     and "Use Base" the first words BREAK do. ADDCOL and ADDROW begin the next column or row, or BREAK where the ratios say which.
//   - In submode Columns the picture is cut into rows by ";" of the ratios and those by ",", the first number of each
//     row its height; in Rows into columns by "," and those by ";". Ratios of commas alone are of one row, or column.
//   - In mode Attention LoRAs act on the whole picture, wherever they are named; in mode Latent on their part.

// Region is a place of a picture with a text of its own, in our own form.
type Region struct {
	Name     string     `json:"name,omitempty"`
	Prompt   string     `json:"prompt"`
	Negative string     `json:"negative,omitempty"`
	Weight   float64    `json:"weight"`
	Over     bool       `json:"over,omitempty"`
	Feather  int        `json:"feather,omitempty"`
	Box      [4]float64 `json:"box,omitzero"` // x, y, width and height in parts of the picture's sides
	Shape    []byte     `json:"shape,omitempty"`
}

// The parameters that hold regions in our own form: a list as JSON, and the share that the prompt keeps there.
const (
	RegionsKey    = "Regions"
	RegionBaseKey = "Region base"
)

// Regional is a recipe of regions.
type Regional struct {
	Prompt, Negative string // of the whole picture
	Base             float64
	Regions          []Region
	Left             []string // what of them can't be said, for people
}

// The words between the parts of a prompt.
const (
	addCommon = "ADDCOMM"
	addBase   = "ADDBASE"
	addRow    = "ADDROW"
	addColumn = "ADDCOL"
	addBreak  = "BREAK"
)

// regionalPrefix begins the extension's parameters.
const regionalPrefix = "RP "

// IsRegional says whether a parameter is one of Regional Prompter's.
func IsRegional(p Param) bool { return strings.HasPrefix(p.Key, regionalPrefix) }

// MaxRegions bounds the regions that are taken from a recipe: each costs an evaluation a step.
const MaxRegions = 64

// maxRatios bounds the bytes of ratios that are looked at.
const maxRatios = 4096

// Regional reads what Regional Prompter was told; nil where it had no part in the picture.
func (r *Recipe) Regional() *Regional {
	is := func(key string) bool { return strings.EqualFold(r.Value(regionalPrefix+key), "true") }
	if !is("Active") {
		return nil
	}
	mode, submode := r.Value(regionalPrefix+"Divide mode"), r.Value(regionalPrefix+"Matrix submode")
	if mode != "Matrix" && mode != "Mask" && mode != "Prompt" { // as it was at first
		mode, submode = "Matrix", mode
	}
	vertical := submode == "Vertical" || submode == "Rows"
	switch {
	case mode != "Matrix":
		return &Regional{Prompt: r.FullPrompt(), Negative: r.Negative, Left: []string{fmt.Sprintf("regions of the mode %s: the picture doesn't say where they were", mode)}}
	case !vertical && submode != "Horizontal" && submode != "Columns":
		return &Regional{Prompt: r.FullPrompt(), Negative: r.Negative, Left: []string{fmt.Sprintf("regions of the submode %q: the picture doesn't say where they were", submode)}}
	}
	options := r.Value(regionalPrefix + "Options")
	ratios := r.Value(regionalPrefix + "Ratios")
	ratios = ratios[:min(len(ratios), maxRatios)]
	if is("Flip") {
		ratios = strings.NewReplacer(",", ";", ";", ",").Replace(ratios)
	}
	m := matrix{vertical: vertical, ratios: ratios, breaks: !strings.Contains(options, "Use BREAK to change chunks")}
	prompt, negative := r.FullPrompt(), r.Negative
	if !strings.Contains(options, "disable convert 'AND'") && !is("Change AND") {
		prompt, negative = strings.ReplaceAll(prompt, "AND", addBreak), strings.ReplaceAll(negative, "AND", addBreak)
	}
	common, base, rest := m.split(prompt, is("Use Common"), is("Use Base"))
	cells := m.cells(rest)
	if len(cells) == 1 && base == nil {
		return &Regional{Prompt: r.FullPrompt(), Negative: r.Negative}
	}
	if len(cells) > MaxRegions {
		return &Regional{Prompt: r.FullPrompt(), Negative: r.Negative, Left: []string{fmt.Sprintf("%d regions: this program takes at most %d", len(cells), MaxRegions)}}
	}
	out := &Regional{}
	if odd := m.unread(); len(odd) > 0 {
		out.Left = append(out.Left, fmt.Sprintf("the ratios %s of its regions: each counts as 1", strings.Join(odd, ", ")))
	}
	m.bases(cells, r.Value(regionalPrefix+"Base Ratios"))
	out.lay(common, base, cells, strings.HasPrefix(r.Value(regionalPrefix+"Calc Mode"), "La"))
	out.layNegative(negative, base != nil, is("Use Ncommon"))
	for _, key := range []string{"LoRA Neg Te Ratios", "LoRA Neg U Ratios", "LoRA Stop Step", "LoRA Hires Stop Step"} {
		if v := strings.Trim(r.Value(regionalPrefix+key), "0., "); v != "" {
			out.Left = append(out.Left, fmt.Sprintf("%s %s: adapters of regions act in their places alone, and in all steps", key, r.Value(regionalPrefix+key)))
		}
	}
	return out
}

// matrix is how the picture is cut.
type matrix struct {
	vertical bool
	ratios   string
	breaks   bool // the word BREAK parts, too
}

// cell is a part of the prompt with its place and the share of the base there.
type cell struct {
	text       string
	x, y, w, h float64
	base       float64
}

// words are those that part outer and inner parts of the prompt, and marks those of ratios.
func (m matrix) words() (outer, inner string) {
	if m.vertical {
		return addColumn, addRow
	}
	return addRow, addColumn
}

func (m matrix) marks() (outer, inner string) {
	if m.vertical {
		return ",", ";"
	}
	return ";", ","
}

// split takes the text for all parts and the one for the whole picture (nil: none) off a prompt. Words
// BREAK of the rest stand for the others as far as the ratios tell.
func (m matrix) split(prompt string, useCommon, useBase bool) (common, base *string, rest string) {
	take := func(word string, wanted bool) *string {
		at, found, ok := strings.Cut(prompt, word)
		if !ok && wanted && m.breaks {
			at, found, ok = strings.Cut(prompt, addBreak)
		}
		if !ok {
			return nil
		}
		prompt, at = found, strings.TrimSpace(at)
		return &at
	}
	if useCommon && !strings.Contains(prompt, addCommon) && m.parts(prompt) <= m.count()+count(useBase) { // it was added before
		useCommon = false
	}
	common = take(addCommon, useCommon)
	base = take(addBase, useBase)
	if m.breaks {
		words := m.template()
		var b strings.Builder
		for i, part := range strings.SplitN(prompt, addBreak, len(words)+1) {
			if i > 0 {
				b.WriteString(words[i-1])
			}
			b.WriteString(part)
		}
		prompt = b.String()
	}
	return common, base, prompt
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// parts are how many parts a prompt has.
func (m matrix) parts(prompt string) int {
	n := 1
	for _, word := range []string{addCommon, addBase, addRow, addColumn, addBreak} {
		n += strings.Count(prompt, word)
	}
	return n
}

// rows are the numbers of the ratios by rows, each without its height; heights are those.
func (m matrix) rows() (heights []float64, rows [][]float64) {
	if !strings.Contains(m.ratios, ";") {
		return []float64{1}, [][]float64{numbers(m.ratios, ",")}
	}
	outer, inner := m.marks()
	for _, row := range strings.Split(m.ratios, outer) {
		all := numbers(row, inner)
		heights, rows = append(heights, all[0]), append(rows, all[min(1, len(all)-1):])
	}
	return heights, rows
}

// count is how many cells the ratios tell of, template the words between them.
func (m matrix) count() int { return len(m.template()) + 1 }

func (m matrix) template() (words []string) {
	outer, inner := m.words()
	_, rows := m.rows()
	for i, row := range rows {
		if i > 0 {
			words = append(words, outer)
		}
		for range len(row) - 1 {
			words = append(words, inner)
		}
	}
	return words
}

// numbers are those of a list; what is none, or not above 0, is 1.
func numbers(list, mark string) (out []float64) {
	for _, text := range strings.Split(list, mark) {
		v, ok := ratio(text)
		if !ok {
			v = 1
		}
		out = append(out, v)
	}
	return out
}

// ratio reads one; ok is false where it is none that a picture can be cut by.
func ratio(text string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return v, err == nil && v > 0 && v <= mostRatio
}

// mostRatio is the largest ratio: of two that differ by more the smaller is no pixel wide.
const mostRatio = 1e6

// unread are the ratios that count as 1 because nobody could cut by them.
func (m matrix) unread() (out []string) {
	for _, text := range strings.FieldsFunc(m.ratios, func(r rune) bool { return r == ',' || r == ';' }) {
		if _, ok := ratio(text); !ok && len(out) < 8 {
			out = append(out, strings.TrimSpace(text))
		}
	}
	return out
}

// cells are the parts of a prompt with their places, in reading order.
func (m matrix) cells(prompt string) (out []cell) {
	outer, inner := m.words()
	var texts [][]string
	for _, row := range strings.Split(prompt, outer) {
		texts = append(texts, strings.Split(row, inner))
	}
	heights, rows := m.fit(texts, prompt)
	y, all := 0.0, sum(heights)
	for i, row := range texts {
		x, across := 0.0, sum(rows[i])
		for k, text := range row {
			c := cell{text: strings.TrimSpace(text), x: x / across, y: y / all, w: rows[i][k] / across, h: heights[i] / all}
			if x += rows[i][k]; m.vertical {
				c.x, c.y, c.w, c.h = c.y, c.x, c.h, c.w
			}
			out = append(out, c)
		}
		y += heights[i]
	}
	return out
}

// fit gives each part of a prompt its ratios: the last one goes on where there are too few, and what is too
// much for a row is the next one's.
func (m matrix) fit(texts [][]string, prompt string) (heights []float64, rows [][]float64) {
	outer, inner := m.words()
	markOuter, markInner := m.marks()
	ratios := m.ratios
	if !strings.Contains(ratios, ";") {
		switch {
		case strings.Contains(prompt, inner) && !strings.Contains(prompt, outer), len(texts) == 1:
			ratios, markOuter, markInner = "1,"+ratios, ";", ","
		case strings.Contains(prompt, outer) && !strings.Contains(prompt, inner):
			markOuter, markInner = ",", ";"
		}
	}
	last := 1.0
	for _, line := range strings.Split(ratios, markOuter) {
		row := numbers(line, markInner)
		last = row[len(row)-1]
		for len(rows) < len(texts) {
			heights = append(heights, row[0])
			row = row[min(1, len(row)-1):]
			n := len(texts[len(rows)])
			fits := filledTo(row, n)
			rows = append(rows, fits[:n])
			if n >= len(row) {
				break
			}
			row = row[n:]
		}
	}
	for len(rows) < len(texts) {
		rows = append(rows, filledTo([]float64{last}, len(texts[len(rows)])))
		heights = append(heights, heights[len(heights)-1])
	}
	return heights, rows
}

// filledTo is a list of n values at least, the last one again and again.
func filledTo(list []float64, n int) []float64 {
	for list = slices.Clone(list); len(list) < n; {
		list = append(list, list[len(list)-1])
	}
	return list
}

func sum(list []float64) (s float64) {
	for _, v := range list {
		s += v
	}
	return s
}

// bases gives each cell the base's share.
func (m matrix) bases(cells []cell, ratios string) {
	outer, inner := m.marks()
	var all []float64
	for _, row := range strings.Split(ratios, outer) {
		for _, text := range strings.Split(row, inner) {
			v, _ := strconv.ParseFloat(strings.TrimSpace(text), 64) // what is no number is 0
			all = append(all, min(max(v, 0), 1))
		}
	}
	all = filledTo(all, len(cells))
	for i := range cells {
		cells[i].base = all[i]
	}
}
