package pipeline

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"pentimento/fault"
	"pentimento/pipeline/caption"
	"pentimento/pipeline/clip"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// BLIP (Li et al. 2022) as transformers has it: pictures of 384 × 384, not cut, with CLIP's means; a
// decoder that begins with [DEC], the first id behind BERT's vocabulary, and ends with [SEP].
const (
	blipSide  = 384
	blipBegin = 30522
	blipEnd   = 102
	blipMost  = 40 // tokens
)

// sentence asks a captioner for one sentence, each word the most probable.
func (c *captioning) sentence() (out Caption, err error) {
	vocabulary, err := c.vocabulary()
	if err != nil {
		return out, err
	}
	c.say("reading the picture", 0.05)
	states, err := c.looked()
	if err != nil {
		return out, err
	}
	file := oneBeside(c.by.File, "decoder")
	step, end, err := c.decoder(file, states)
	if err != nil {
		return out, fault.With(fmt.Errorf("%s: %w", filepath.Base(file), err), fault.Hint(err))
	}
	defer func() { err = errors.Join(err, end()) }()
	begin, stop := vocabulary.Find("[DEC]"), vocabulary.Find("[SEP]")
	if begin < 0 {
		begin = blipBegin
	}
	if stop < 0 {
		stop = blipEnd
	}
	ids, err := caption.Greedy(c.ctx, []int{begin}, stop, blipMost, func(ids []int) ([]float32, error) {
		c.say("writing", 0.3+0.7*float64(len(ids))/blipMost)
		return step(ids)
	})
	if err != nil {
		return out, err
	}
	out.Text = caption.Prompt([]caption.Scored{{Text: vocabulary.Text(ids)}})
	return out, nil
}

func (c *captioning) vocabulary() (caption.Vocabulary, error) {
	path := beside(c.by.File, func(name string) bool { return name == "vocab.txt" })
	if path == "" {
		return nil, fault.New("found no vocab.txt beside it", "Put the vocabulary of its tokenizer there, a piece a line.")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return caption.ReadVocabulary(f)
}

// looked is what the image encoder makes of the picture, [1,n,d].
func (c *captioning) looked() (*tensor.Tensor, error) {
	read, made := c.g.Signature()
	out := slices.IndexFunc(made, func(v graph.Value) bool { return len(v.Shape) == 3 })
	if len(read) != 1 || len(read[0].Shape) != 4 || out < 0 {
		return nil, fault.New(fmt.Sprintf("it reads %d inputs, want one picture, of which it makes states", len(read)), "Want the image encoder alone.")
	}
	if err := errors.Join(c.g.Take(mapPicture, read[0].Name), c.g.Give("our states", made[out].Name)); err != nil {
		return nil, err
	}
	side := int(read[0].Shape[2].Fixed)
	if side <= 0 || side > 4096 {
		side = blipSide
	}
	square := image.NewNRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(square, square.Rect, c.picture, c.picture.Rect, draw.Src, nil)
	all, err := c.once(c.g, map[string]*tensor.Tensor{mapPicture: clip.Pixels(square, side)})
	if err != nil {
		return nil, err
	}
	return all["our states"], nil
}

// decoder opens the decoder: step gives the numbers of the token that follows some ids.
func (c *captioning) decoder(file string, states *tensor.Tensor) (step func(ids []int) ([]float32, error), end func() error, err error) {
	g, err := graph.Foreign(file)
	if err != nil {
		return nil, nil, err
	}
	read, made := g.Signature()
	for _, v := range read {
		if strings.Contains(v.Name, "past") || strings.Contains(v.Name, "cache") {
			return nil, nil, fault.New("it reads the keys and values of tokens before", "Want a decoder without past (decoder_model.onnx, not decoder_with_past or merged).")
		}
		if err := g.Take("our "+v.Name, v.Name); err != nil {
			return nil, nil, err
		}
	}
	out := slices.IndexFunc(made, func(v graph.Value) bool { return v.Name == "logits" })
	if out = max(out, 0); len(made) == 0 || len(made[out].Shape) != 3 {
		return nil, nil, errors.New("it makes no numbers for each token, want logits of shape [1,n,words]")
	}
	if err := g.Give("our logits", made[out].Name); err != nil {
		return nil, nil, err
	}
	s, err := c.p.runtime.Open(c.ctx, g, c.o)
	if err != nil {
		return nil, nil, err
	}
	return func(ids []int) ([]float32, error) { return c.following(s, read, ids, states) }, s.Close, nil
}

// following runs the decoder once.
func (c *captioning) following(s model.Session, read []graph.Value, ids []int, states *tensor.Tensor) ([]float32, error) {
	in := map[string]*tensor.Tensor{}
	for _, v := range read {
		switch {
		case len(v.Shape) == 3:
			in["our "+v.Name] = states
		case strings.Contains(v.Name, "mask"):
			n := len(ids)
			if strings.Contains(v.Name, "encoder") || strings.Contains(v.Name, "image") {
				n = states.Shape[1]
			}
			ones := tensor.New(1, n)
			for i := range ones.Data {
				ones.Data[i] = 1
			}
			in["our "+v.Name] = ones
		default:
			t := tensor.New(1, len(ids))
			for i, id := range ids {
				t.Data[i] = float32(id)
			}
			in["our "+v.Name] = t
		}
	}
	made, err := s.Run(c.ctx, in)
	if err != nil {
		return nil, err
	}
	t := made["our logits"]
	if len(t.Shape) != 3 || t.Shape[2] < 1 || len(t.Data) < t.Shape[2] {
		return nil, fmt.Errorf("the decoder made %v, want [1,n,words]", t.Shape)
	}
	return t.Data[len(t.Data)-t.Shape[2]:], nil
}
