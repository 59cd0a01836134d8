package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// guideFlags are the pictures that steer a run, in their order.
type guideFlags []guideFlag

// guideFlag is one guide, whose pictures are read once the run begins.
type guideFlag struct {
	pipeline.Guide
	picture, mask string // paths
	text          string
	unit          int // the recipe's guide that it gives a picture to; -1: it is one of its own
}

// guideUsage lists the kinds that a network reads, with what each can be told.
func guideUsage() string {
	var b strings.Builder
	b.WriteString("a picture that steers, `KIND:PICTURE:KEY=VALUE:…`; may be given several times. PICTURE is a file, or canvas for what is under the frame. With --recipe, a number for KIND gives a picture to the guide that the recipe calls so, 0 to ControlNet 0, whose settings it keeps but for the keys that are named. Keys of all kinds:")
	tell := func(fields []pipeline.GuideField) {
		for i, f := range fields {
			b.WriteString(map[bool]string{true: " ", false: "; "}[i == 0] + f.Name + "= " + f.Help)
		}
		b.WriteString(".")
	}
	tell(append(pipeline.GuideFields[:len(pipeline.GuideFields):len(pipeline.GuideFields)], pipeline.GuideField{Name: "mask", Help: "a picture of where it acts, white, of the size of the run's"}))
	for _, k := range pipeline.GuideKinds {
		if !k.Read() {
			continue
		}
		fmt.Fprintf(&b, " KIND %s (%s)", k.Name, k.Label)
		fields := k.Own()
		if len(fields) == 0 {
			b.WriteString(".")
			continue
		}
		b.WriteString(":")
		tell(fields)
	}
	return b.String()
}

func declareGuides(fs *flag.FlagSet) *guideFlags {
	var g guideFlags
	if guideKinds() != "" {
		fs.Var(&g, "guide", guideUsage())
	}
	return &g
}

// Set implements flag.Value.
func (g *guideFlags) Set(text string) error {
	kind, rest, _ := strings.Cut(text, ":")
	if n, err := strconv.Atoi(kind); err == nil && n >= 0 { // its kind is the recipe's, which is read later
		*g = append(*g, guideFlag{text: text, unit: n})
		return nil
	}
	row, err := pipeline.FindGuideKind(kind)
	if err != nil || !row.Read() {
		return fmt.Errorf("%q: no guide of kind %q, want %s, or the number of one of the recipe's", text, kind, guideKinds())
	}
	one, err := parseGuide(text, rest, row, pipeline.Guide{Kind: kind, Weight: 1, End: 1})
	*g = append(*g, one)
	return err
}

// parseGuide reads PICTURE:KEY=VALUE:… over what a guide is without it.
func parseGuide(text, rest string, row pipeline.GuideKind, over pipeline.Guide) (guideFlag, error) {
	one := guideFlag{Guide: over, text: text, unit: -1}
	next := func() (name, value string) { // the key behind the next colon, and what is before it
		for i := 0; i < len(rest); i++ {
			if rest[i] != ':' {
				continue
			}
			key, _, ok := strings.Cut(rest[i+1:], "=")
			if _, known := row.Field(key); ok && (known || key == "mask" || !strings.ContainsAny(key, `:/\. `)) {
				value, rest = rest[:i], rest[i+1+len(key)+1:]
				return key, value
			}
		}
		value, rest = rest, ""
		return "", value
	}
	key, value := next()
	for one.picture = value; key != ""; {
		name := key
		key, value = next()
		if name == "mask" {
			one.mask = value
			continue
		}
		field, ok := row.Field(name)
		if !ok {
			return one, fmt.Errorf("%q: %s= is not known for %s, want %s", text, name, over.Kind, fieldNames(row))
		}
		if err := field.Set(&one.Guide, value); err != nil {
			return one, fmt.Errorf("%q: %s: %w", text, name, err)
		}
	}
	if one.picture == "" {
		return one, fmt.Errorf("%q: no picture, want KIND:PICTURE", text)
	}
	if _, err := os.Stat(one.Model); err == nil {
		if one.Model, err = filepath.Abs(one.Model); err != nil {
			return one, err
		}
	} else if strings.ContainsAny(one.Model, `/\`) {
		return one, fmt.Errorf("%q: no such file", one.Model)
	}
	return one, nil
}

// String implements flag.Value.
func (g *guideFlags) String() string {
	if g == nil {
		return ""
	}
	var all []string
	for _, one := range *g {
		all = append(all, one.text)
	}
	return strings.Join(all, " ")
}

// guideKinds names the kinds that a network reads.
func guideKinds() string {
	var names []string
	for _, k := range pipeline.GuideKinds {
		if k.Read() {
			names = append(names, k.Name)
		}
	}
	return strings.Join(names, ", ")
}

// fieldNames names what guides of a kind can be told.
func fieldNames(k pipeline.GuideKind) string {
	var names []string
	for _, f := range append(k.Own(), pipeline.GuideFields...) {
		names = append(names, f.Name)
	}
	return strings.Join(append(names, "mask"), ", ")
}

// ofRecipe makes the guides that a recipe gives by number whole, and puts them in its order, after the
// others. from is nil without a recipe.
func (g guideFlags) ofRecipe(from *taken) (guideFlags, error) {
	out := slices.Clone(g)
	slices.SortStableFunc(out, func(a, b guideFlag) int { return cmp.Compare(a.unit, b.unit) })
	for i, one := range out {
		if one.unit < 0 {
			continue
		}
		if from == nil {
			return nil, Misuse("guide %q: a number means a guide of --recipe, and there is none", one.text)
		}
		units := pipeline.RecalledUnits(from.recipe)
		at := slices.IndexFunc(units, func(u pipeline.Unit) bool { return u.Number == one.unit })
		if at < 0 {
			return nil, Misuse("guide %q: the recipe has no guide %d, but %s", one.text, one.unit, numbersOf(units))
		}
		if i > 0 && out[i-1].unit == one.unit {
			return nil, Misuse("guide %q: the recipe's guide %d has a picture already, want one", one.text, one.unit)
		}
		row, err := pipeline.FindGuideKind(units[at].Kind)
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(one.text, ":")
		whole, err := parseGuide(one.text, rest, row, units[at].Guide)
		if err != nil {
			return nil, Misuse("guide: %v", err)
		}
		whole.unit = one.unit
		out[i] = whole
	}
	return out, nil
}

func numbersOf(units []pipeline.Unit) string {
	var all []string
	for _, u := range units {
		all = append(all, strconv.Itoa(u.Number))
	}
	return cmp.Or(strings.Join(all, ", "), "none at all")
}

// read are the guides with their pictures.
func (g guideFlags) read(ctx context.Context, env *Env, from *taken) (out []pipeline.Guide, err error) {
	if g, err = g.ofRecipe(from); err != nil {
		return nil, err
	}
	for _, one := range g {
		if one.picture == "canvas" {
			one.Name, one.Placed = "canvas", true
		} else {
			in, err := env.open(ctx, one.picture)
			if err != nil {
				return nil, fmt.Errorf("guide: %w", err)
			}
			one.Name, one.Image = filepath.Base(one.picture), in.img
		}
		if one.mask != "" {
			in, err := env.open(ctx, one.mask)
			if err != nil {
				return nil, fmt.Errorf("guide: mask: %w", err)
			}
			if one.Mask, _, err = pixels.MaskOf(in.img); err != nil {
				return nil, fmt.Errorf("guide: mask %q: %w", filepath.Base(one.mask), err)
			}
		}
		out = append(out, one.Guide)
	}
	return out, nil
}
