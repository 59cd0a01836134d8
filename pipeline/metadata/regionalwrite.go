package metadata

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// regionally is the recipe as Regional Prompter reads it, where its regions are those of a matrix that
// fills the picture, all counting alike; else it is the recipe itself, with the regions in our own form.
func (r *Recipe) regionally() *Recipe {
	all := r.matrixed()
	if all == nil {
		return r
	}
	rows, submode, outer, inner := rowsOf(all, false), "Columns", addRow, addColumn
	if rows == nil || len(rows) == len(all) {
		if columns := rowsOf(all, true); columns != nil {
			rows, submode, outer, inner = columns, "Rows", addColumn, addRow
		}
	}
	if rows == nil {
		return r
	}
	c := *r
	c.Params, c.Addons = slices.Clone(r.Params), nil
	base := cmp.Or(r.Value(RegionBaseKey), "0")
	c.Set(RegionsKey, "")
	c.Set(RegionBaseKey, "")
	plain, named := untagged(r.FullPrompt())
	c.Prompt = ""
	if named != "" { // what is for all parts acts everywhere
		c.Prompt = named + " " + addCommon + "\n"
	}
	if plain != "" {
		c.Prompt += plain + " " + addBase + "\n"
	}
	c.Prompt += written(rows, " "+outer+"\n", " "+inner+"\n", func(g Region) string { return strings.TrimSpace(g.Prompt) })
	c.writeNegative(rows, plain != "")
	yes := func(b bool) string { return map[bool]string{true: "True", false: "False"}[b] }
	for _, p := range [][2]string{{"Active", "True"}, {"Divide mode", "Matrix"}, {"Matrix submode", submode}, {"Mask submode", "Mask"}, {"Prompt submode", "Prompt"}, {"Calc Mode", "Latent"},
		{"Ratios", ratiosOf(rows, submode == "Rows")}, {"Base Ratios", base}, {"Use Base", yes(plain != "")}, {"Use Common", yes(named != "")}, {"Use Ncommon", "False"}, {"Flip", "False"}} {
		c.Set(regionalPrefix+p[0], p[1])
	}
	return &c
}

// matrixed are the recipe's regions where nothing of them but where they lie may stand against Regional
// Prompter: boxes of one weight with hard edges, and texts without the words that part prompts.
func (r *Recipe) matrixed() (all []Region) {
	text, ok := r.Get(RegionsKey)
	if !ok || json.Unmarshal([]byte(text), &all) != nil || len(all) < 2 || len(all) > MaxRegions || parts(r.FullPrompt()+r.Negative) {
		return nil
	}
	for _, g := range all {
		if g.Over || g.Feather != 0 || g.Shape != nil || g.Weight != all[0].Weight || strings.TrimSpace(g.Prompt) == "" || parts(g.Prompt+g.Negative) {
			return nil
		}
	}
	return all
}

// writeNegative gives each region a negative text where one has its own.
func (r *Recipe) writeNegative(rows [][]Region, base bool) {
	if !slices.ContainsFunc(slices.Concat(rows...), func(g Region) bool { return g.Negative != "" }) {
		return
	}
	whole, mark := r.Negative, " "+addBreak+"\n"
	r.Negative = written(rows, mark, mark, func(g Region) string { return cmp.Or(g.Negative, whole) })
	if base {
		r.Negative = whole + mark + r.Negative
	}
}

// parts says whether a text holds words that part prompts, or the text that they are written into.
func parts(text string) bool {
	return slices.ContainsFunc([]string{addCommon, addBase, addRow, addColumn, addBreak, "AND", negativeMark, stepsMark}, func(w string) bool { return strings.Contains(text, w) })
}

// written are the texts of rows of regions with words between them.
func written(rows [][]Region, outer, inner string, text func(Region) string) string {
	var lines []string
	for _, row := range rows {
		var cells []string
		for _, g := range row {
			cells = append(cells, text(g))
		}
		lines = append(lines, strings.Join(cells, inner))
	}
	return strings.Join(lines, outer)
}

// nearly is how far apart sides may be that meet.
const nearly = 2e-4

func meets(a, b float64) bool { return math.Abs(a-b) < nearly }

// rowsOf are regions by the rows that fill the picture, or turned by its columns; nil where they do not.
func rowsOf(all []Region, turned bool) (rows [][]Region) {
	at := func(g Region) (x, y, w, h float64) {
		if turned {
			return g.Box[1], g.Box[0], g.Box[3], g.Box[2]
		}
		return g.Box[0], g.Box[1], g.Box[2], g.Box[3]
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Region) int {
		ax, ay, _, _ := at(a)
		bx, by, _, _ := at(b)
		switch d := [2]float64{ay - by, ax - bx}; {
		case !meets(d[0], 0):
			return int(math.Copysign(1, d[0]))
		case !meets(d[1], 0):
			return int(math.Copysign(1, d[1]))
		}
		return 0
	})
	x, y, height := 1.0, 0.0, 0.0
	for _, g := range sorted {
		gx, gy, gw, gh := at(g)
		if meets(x, 1) { // the next row
			rows, x, y, height = append(rows, nil), 0, y+height, gh
		}
		if !(gw > 0 && gh > 0) || !meets(gx, x) || !meets(gy, y) || !meets(gh, height) {
			return nil
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], g)
		x += gw
	}
	if !meets(x, 1) || !meets(y+height, 1) {
		return nil
	}
	return rows
}

// ratiosOf are the ratios of rows, or turned of columns.
func ratiosOf(rows [][]Region, turned bool) string {
	width, height := 2, 3
	outer, inner := ";", ","
	if turned {
		width, height, outer, inner = 3, 2, ",", ";"
	}
	var sizes []float64
	for _, row := range rows {
		sizes = append(sizes, row[0].Box[height])
	}
	heights := whole(sizes)
	var out []string
	for i, row := range rows {
		sizes = nil
		for _, g := range row {
			sizes = append(sizes, g.Box[width])
		}
		line := strings.Join(whole(sizes), inner)
		if len(rows) == 1 { // ratios of commas alone are of one
			return strings.Join(whole(sizes), ",")
		}
		out = append(out, heights[i]+inner+line)
	}
	return strings.Join(out, outer)
}

// whole are sizes as small whole numbers where they have such ratios.
func whole(sizes []float64) (out []string) {
	for n := 1; n <= 24; n++ {
		by := float64(n) / slices.Min(sizes)
		out = nil
		for _, s := range sizes {
			if v := math.Round(s * by); math.Abs(v/by-s) < nearly/2 {
				out = append(out, strconv.Itoa(int(v)))
			}
		}
		if len(out) == len(sizes) {
			return out
		}
	}
	out = nil
	for _, s := range sizes {
		out = append(out, strconv.FormatFloat(math.Round(s*1e5)/1e5, 'f', -1, 64))
	}
	return out
}
