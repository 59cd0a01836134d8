package pipeline

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/caption"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/wildcard"
)

// CLIP's files by the names of transformers' exports: an image encoder and a text encoder with
// their projections, which no checkpoint of Stable Diffusion 1.x holds, so that the text encoder
// that a model has cannot stand in for it.
const (
	imageEmbeds, textEmbeds = "image_embeds", "text_embeds"
	inputIDs                = "input_ids"
)

// clipChoices are the lists of which the likest line each is taken, in the order of a prompt. The
// kinds of subjects are one choice.
var clipChoices = [][]string{{"subject/animal", "subject/person", "subject/thing", "subject/plant", "subject/building"}, {"place"}, {"medium"}, {"light"}, {"palette"}, {"mood"}}

const (
	clipWindow  = 77
	clipAtOnce  = 16
	mostChoices = 4000 // lines of one choice
)

// likest asks CLIP which lines of the lists are the most like the picture (the way of CLIP
// Interrogator, with lists of our own).
func (c *captioning) likest() (out Caption, err error) {
	textFile := oneBeside(c.by.File, "text")
	if textFile == "" {
		return out, fault.New("found no text encoder beside it", "Put text_model.onnx of the same CLIP beside it.")
	}
	c.say("reading the picture", 0.05)
	picture, err := c.seen()
	if err != nil {
		return out, err
	}
	lists := wildcard.Open(WildcardFolders(c.by.File, c.by.Wildcards)...)
	texts := make([][]string, len(clipChoices))
	count, done := 0, 0
	for i, names := range clipChoices {
		for _, name := range names {
			some, _, err := wildcard.All("__"+name+"__", lists, mostChoices-len(texts[i]), func() bool { return c.ctx.Err() == nil })
			if err != nil {
				return out, err
			}
			texts[i] = append(texts[i], some...)
		}
		count += len(texts[i])
	}
	encode, end, err := c.textEncoder(textFile)
	if err != nil {
		return out, fmt.Errorf("%s: %w", filepath.Base(textFile), err)
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, choice := range texts {
		var embedded []float32
		for some := range slices.Chunk(choice, clipAtOnce) {
			made, err := encode(some)
			if err != nil {
				return out, err
			}
			if len(made) != len(some)*len(picture) {
				return out, fmt.Errorf("the text encoder's vectors have %d numbers, want %d as the picture's: the files are of two models", len(made)/len(some), len(picture))
			}
			embedded, done = append(embedded, made...), done+len(some)
			c.say("comparing words", 0.2+0.8*float64(done)/float64(count))
		}
		if ranked := caption.Rank(picture, choice, embedded); len(ranked) > 0 {
			out.Tags = append(out.Tags, ranked[0])
		}
	}
	out.Text = caption.Prompt(out.Tags)
	return out, nil
}

// seen is the picture's vector.
func (c *captioning) seen() (v []float32, err error) {
	read, _ := c.g.Signature()
	i := slices.IndexFunc(read, func(v graph.Value) bool { return len(v.Shape) == 4 })
	if i < 0 || len(read) > 1 {
		return nil, fault.New(fmt.Sprintf("it reads %d inputs, want one picture", len(read)), "Want the image encoder alone, vision_model.onnx.")
	}
	if err := errors.Join(c.g.Take(mapPicture, read[i].Name), c.g.Give(imageEmbeds+" ours", imageEmbeds)); err != nil {
		return nil, err
	}
	side := int(read[i].Shape[2].Fixed)
	if side <= 0 || side > 4096 {
		side = 224
	}
	made, err := c.once(c.g, map[string]*tensor.Tensor{mapPicture: clip.Pixels(c.picture, side)})
	if err != nil {
		return nil, err
	}
	return made[imageEmbeds+" ours"].Data, nil
}

// once runs a network a single time.
func (c *captioning) once(g *graph.Graph, in map[string]*tensor.Tensor) (out map[string]*tensor.Tensor, err error) {
	s, err := c.p.runtime.Open(c.ctx, g, c.o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Run(c.ctx, in)
}

// textEncoder opens CLIP's text encoder: encode gives the vectors of some texts, one after another.
func (c *captioning) textEncoder(file string) (encode func(texts []string) ([]float32, error), end func() error, err error) {
	g, err := graph.Foreign(file)
	if err != nil {
		return nil, nil, err
	}
	read, made := g.Signature()
	if _, ok := graph.Find(made, textEmbeds); !ok {
		return nil, nil, fault.New("it makes no text_embeds", "Want CLIP's text encoder with its projection, text_model.onnx.")
	}
	for _, v := range read {
		if err := g.Take("our "+v.Name, v.Name); err != nil {
			return nil, nil, err
		}
	}
	if err := g.Give(textEmbeds+" ours", textEmbeds); err != nil {
		return nil, nil, err
	}
	c.p.words.mu.Lock()
	tokens, err := c.p.words.own()
	c.p.words.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	s, err := c.p.runtime.Open(c.ctx, g, c.o)
	if err != nil {
		return nil, nil, err
	}
	return func(texts []string) ([]float32, error) {
		ids, mask := tensor.New(len(texts), clipWindow), tensor.New(len(texts), clipWindow)
		for i, text := range texts {
			row := ids.Data[i*clipWindow : (i+1)*clipWindow]
			for k := range row {
				row[k] = float32(tokens.End())
			}
			row[0], mask.Data[i*clipWindow] = float32(tokens.Start()), 1
			for k, t := range tokens.Encode(text) {
				if k+2 < clipWindow {
					row[k+1], mask.Data[i*clipWindow+k+1], mask.Data[i*clipWindow+k+2] = float32(t.ID), 1, 1
				}
			}
		}
		return vectorsOf(c, s, read, ids, mask)
	}, s.Close, nil
}

// vectorsOf runs the text encoder once; what it reads besides the ids is their mask.
func vectorsOf(c *captioning, s model.Session, read []graph.Value, ids, mask *tensor.Tensor) ([]float32, error) {
	in := map[string]*tensor.Tensor{}
	for _, v := range read {
		in["our "+v.Name] = mask
		if v.Name == inputIDs {
			in["our "+v.Name] = ids
		}
	}
	made, err := s.Run(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return made[textEmbeds+" ours"].Data, nil
}
