package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
}

// guideUsage lists the kinds that a network reads, with what each can be told.
func guideUsage() string {
	var b strings.Builder
	b.WriteString("a picture that steers, `KIND:PICTURE:KEY=VALUE:…`; may be given several times. PICTURE is a file, or canvas for what is under the frame. Keys of all kinds:")
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
	row, err := pipeline.FindGuideKind(kind)
	if err != nil || !row.Read() {
		return fmt.Errorf("%q: no guide of kind %q, want %s", text, kind, guideKinds())
	}
	one := guideFlag{Guide: pipeline.Guide{Kind: kind, Weight: 1, End: 1}, text: text}
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
			return fmt.Errorf("%q: %s= is not known for %s, want %s", text, name, kind, fieldNames(row))
		}
		if err := field.Set(&one.Guide, value); err != nil {
			return fmt.Errorf("%q: %s: %w", text, name, err)
		}
	}
	if one.picture == "" {
		return fmt.Errorf("%q: no picture, want KIND:PICTURE", text)
	}
	if _, err := os.Stat(one.Model); err == nil {
		if one.Model, err = filepath.Abs(one.Model); err != nil {
			return err
		}
	} else if strings.ContainsAny(one.Model, `/\`) {
		return fmt.Errorf("%q: no such file", one.Model)
	}
	*g = append(*g, one)
	return nil
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

// read are the guides with their pictures.
func (g guideFlags) read(ctx context.Context, env *Env) (out []pipeline.Guide, err error) {
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
