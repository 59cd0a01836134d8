package cli

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// regionFlags are places of the picture with texts of their own, in their order.
type regionFlags []regionFlag

// regionFlag is one region, whose mask is read once the run begins.
type regionFlag struct {
	pipeline.Region
	mask, text string
}

const regionUsage = "a place with a text of its own, `WHERE:KEY=VALUE:… => PROMPT => NEGATIVE`; may be given several times. WHERE is X,Y,W,H in parts of the picture's sides (0.5 or 50%), or a picture, white where the region is, of the size of the run's. Keys: weight= against other regions there, 1; feather= a soft edge of so many pixels; over=yes it covers what the others make there. Adapters that PROMPT names, <lora:NAME:0.8>, act there only. The negative may be left out"

func declareRegions(fs *flag.FlagSet) *regionFlags {
	var r regionFlags
	fs.Var(&r, "region", regionUsage)
	return &r
}

// Set implements flag.Value.
func (r *regionFlags) Set(text string) error {
	one := regionFlag{Region: pipeline.Region{Weight: 1}, text: text}
	where, rest, ok := strings.Cut(text, "=>")
	if !ok {
		return fmt.Errorf("%q: want WHERE => PROMPT", text)
	}
	prompt, negative, _ := strings.Cut(rest, "=>")
	one.Prompt, one.Negative = strings.TrimSpace(prompt), strings.TrimSpace(negative)
	where = strings.TrimSpace(where)
	for {
		i := strings.LastIndexByte(where, ':')
		key, value, ok := strings.Cut(where[i+1:], "=")
		if i < 0 || !ok {
			break
		}
		if err := one.set(key, value); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		where = where[:i]
	}
	if one.mask = where; where == "" {
		return fmt.Errorf("%q: nothing says where it is, want X,Y,W,H or a picture", text)
	}
	if box, ok := boxOf(where); ok {
		if one.mask = ""; min(box[0], box[1]) < 0 || min(box[2], box[3]) <= 0 || box[0]+box[2] > 1 || box[1]+box[3] > 1 {
			return fmt.Errorf("%q: the box %s is not within the picture, want x, y, width and height from 0 to 1", text, where)
		}
		one.Box = box
	}
	*r = append(*r, one)
	return nil
}

func (r *regionFlag) set(key, value string) (err error) {
	switch key {
	case "weight":
		r.Weight, err = strconv.ParseFloat(value, 64)
	case "feather":
		r.Feather, err = strconv.Atoi(value)
	case "over":
		if r.Over = value == "yes"; !r.Over && value != "no" {
			return fmt.Errorf("over is %q, want yes or no", value)
		}
	default:
		return fmt.Errorf("%s= is not known, want weight, feather or over", key)
	}
	if err != nil {
		return fmt.Errorf("%s is %q, want a number", key, value)
	}
	return nil
}

// boxOf reads four numbers, each perhaps in percent.
func boxOf(text string) (box [4]float64, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != len(box) {
		return box, false
	}
	for i, p := range parts {
		p, percent := strings.CutSuffix(strings.TrimSpace(p), "%")
		v, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return box, false
		}
		if percent {
			v /= 100
		}
		box[i] = v
	}
	return box, true
}

// String implements flag.Value.
func (r *regionFlags) String() string {
	if r == nil {
		return ""
	}
	var all []string
	for _, one := range *r {
		all = append(all, one.text)
	}
	return strings.Join(all, " ")
}

// read are the regions with their masks.
func (r regionFlags) read(ctx context.Context, env *Env) (out []pipeline.Region, err error) {
	for _, one := range r {
		if one.mask != "" {
			in, err := env.open(ctx, one.mask)
			if err != nil {
				return nil, fmt.Errorf("region: %w", err)
			}
			one.Name = filepath.Base(one.mask)
			if one.Mask, _, err = pixels.MaskOf(in.img); err != nil {
				return nil, fmt.Errorf("region: mask %q: %w", one.Name, err)
			}
		}
		out = append(out, one.Region)
	}
	return out, nil
}
