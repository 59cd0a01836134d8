package pipeline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"pentimento/pipeline/metadata"
)

// regionParams are the request's regions for a record, without guides of their own. Their adapters are tags of
// their prompts.
func (q Request) regionParams() []metadata.Param {
	if len(q.Regions) == 0 {
		return nil
	}
	all := q.recordedRegions()
	for i := range all { // files of guides are not read back, and folders stay here
		all[i].Name, all[i].Prompt, all[i].Adapters, all[i].Guides = baseName(all[i].Name), all[i].tagged(), nil, nil
	}
	text, err := metadata.PlainJSON(all)
	if err != nil {
		return nil // no number in it is infinite: checkRegions
	}
	return []metadata.Param{{Key: metadata.RegionsKey, Value: text}}
}

// recordedRegions are the request's regions with their boxes and shapes.
func (q Request) recordedRegions() []Region {
	frame := q.Frame
	if frame.Empty() && q.Image != nil {
		frame = q.Image.Rect
	}
	all := slices.Clone(q.Regions)
	for i, r := range all {
		if frame.Empty() && r.Mask != nil {
			frame = r.Mask.Rect // of a picture that is made from nothing they are as large as it
		}
		all[i] = r.Recorded(frame)
	}
	return all
}

// TextsOf are a recipe's prompt and negative prompt as far as they are not those of its regions, as Regional Prompter
// writes all of them into one.
func TextsOf(r *metadata.Recipe) (text, negative string) {
	if q := r.Regional(); q != nil {
		return q.Prompt, q.Negative
	}
	return r.FullPrompt(), r.Negative
}

// RegionsOf are the regions of a recipe, the share that its text keeps under them, and what of them is not taken over.
func RegionsOf(r *metadata.Recipe) (regions []Region, base float64, left []string) {
	var q Request
	left = q.recallRegions(r, false)
	if base, written := r.Float(metadata.RegionBaseKey); written {
		return q.Regions, base, left
	}
	return q.Regions, q.RegionBase, left
}

// recallRegions takes a recipe's regions, and unless it is to be kept the share that the prompt has under them. left
// says which can't be.
func (q *Request) recallRegions(r *metadata.Recipe, keepBase bool) (left []string) {
	if len(q.Regions) > 0 { // those that are asked for come first
		return nil
	}
	var all []Region
	text, ok := r.Get(metadata.RegionsKey)
	regional := r.Regional()
	switch {
	case ok:
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return []string{"regions: " + shortened(text) + " isn't understood"}
		}
		if len(all) > metadata.MaxRegions {
			return []string{fmt.Sprintf("%d regions: this program takes at most %d", len(all), metadata.MaxRegions)}
		}
	case regional != nil:
		left = append(left, regional.Left...)
		for _, g := range regional.Regions {
			all = append(all, Region{Name: g.Name, Prompt: g.Prompt, Negative: g.Negative, Weight: g.Weight, Over: g.Over, Feather: g.Feather, Box: g.Box})
		}
		if !keepBase {
			q.RegionBase = regional.Base
		}
	}
	for i, g := range all {
		g.Adapters, g.Guides = nil, nil
		err := g.check()
		switch {
		case g.Box == [4]float64{}:
			left = append(left, fmt.Sprintf("region %q: only its mask says where it was, which pictures don't hold", cmp.Or(g.Name, shortened(g.Prompt))))
		case err != nil:
			left = append(left, fmt.Sprintf("region %q: %v", g.name(i), err))
		default:
			q.Regions = append(q.Regions, g)
		}
	}
	return left
}
