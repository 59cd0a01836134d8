package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/caption"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// Caption is what networks of a person's say of a picture.
type Caption struct {
	Kind   string           `json:"kind"`             // of the network: the name of its row in captioners
	Text   string           `json:"text"`             // a prompt
	Tags   []caption.Scored `json:"tags,omitempty"`   // what it is made of, where it has numbers
	Rating *caption.Scored  `json:"rating,omitempty"` // a tagger's
}

// CaptionBy is how a picture is put into words.
type CaptionBy struct {
	File               string  // the network, an ONNX file; what belongs to it lies beside it
	General, Character float64 // thresholds of tags; 0: the usual ones
	Wildcards          string  // folders of lists, as Where.Wildcards: what CLIP's choices are taken from
}

// captioner is a kind of networks that put pictures into words.
type captioner struct {
	name string
	is   func(file string, made []graph.Value) bool
	run  func(c *captioning) (Caption, error)
	want string // for people: how its files lie
}

// captioners is the table of them, tried in order.
var captioners = []captioner{
	{"tagger", func(file string, _ []graph.Value) bool { return tagsBeside(file) != "" }, (*captioning).tags,
		"a WD14 or WD v3 tagger with selected_tags.csv"},
	{"CLIP", func(_ string, made []graph.Value) bool { _, ok := graph.Find(made, imageEmbeds); return ok }, (*captioning).likest,
		"a CLIP image encoder (vision_model.onnx) with text_model.onnx"},
	{"caption", func(file string, _ []graph.Value) bool { return oneBeside(file, "decoder") != "" }, (*captioning).sentence,
		"a BLIP image encoder with its decoder (a name with decoder in it) and vocab.txt"},
}

// CaptionFiles says which files put pictures into words.
func CaptionFiles() string {
	var all []string
	for _, c := range captioners {
		all = append(all, c.want)
	}
	return strings.Join(all[:len(all)-1], "; ") + "; or " + all[len(all)-1] + " beside it"
}

// captioning is one picture on its way into words.
type captioning struct {
	ctx     context.Context
	p       *Pipeline
	by      CaptionBy
	picture *image.NRGBA
	o       model.Options
	say     func(stage string, fraction float64)
	g       *graph.Graph // of by.File, with nothing taken of it yet
}

// Caption puts a picture into words by networks of the person's, which are opened for this call alone.
func (p *Pipeline) Caption(ctx context.Context, picture *image.NRGBA, by CaptionBy, where Where) (Caption, error) {
	if err := p.enter(ctx); err != nil {
		return Caption{}, err
	}
	defer p.leave()
	return p.caption(&captioning{ctx: ctx, by: by, picture: picture, say: func(string, float64) {}, o: captionOptions(where)})
}

func captionOptions(where Where) model.Options {
	return model.Options{Device: where.Device, Threads: where.Threads, Release: true}
}

// caption is Caption within the turn at the networks.
func (p *Pipeline) caption(c *captioning) (out Caption, err error) {
	if c.p = p; c.by.File == "" {
		return out, fault.New("caption: no network is chosen, want an ONNX file", "Such as "+CaptionFiles()+".")
	}
	if c.picture == nil || c.picture.Rect.Empty() {
		return out, errors.New("caption: found an empty picture")
	}
	if c.g, err = graph.Foreign(c.by.File); err != nil {
		return out, fault.With(fmt.Errorf("caption: %w", err), "Want "+CaptionFiles()+".")
	}
	_, made := c.g.Signature()
	i := slices.IndexFunc(captioners, func(row captioner) bool { return row.is(c.by.File, made) })
	if i < 0 {
		return out, fault.New(fmt.Sprintf("caption: %q has none of the files beside it that turn its numbers into words", c.by.File), "Want "+CaptionFiles()+".")
	}
	if out, err = captioners[i].run(c); err != nil {
		return out, fault.With(fmt.Errorf("%s %q: %w", captioners[i].name, filepath.Base(c.by.File), err), fault.Hint(err))
	}
	out.Kind = captioners[i].name
	return out, nil
}

// captionTask is the task Describing: its text comes back as the result's prompt.
func (r *run) captionTask(ctx context.Context) (*Result, error) {
	c := &captioning{ctx: ctx, by: CaptionBy{File: r.req.Model, Wildcards: r.req.Wildcards}, picture: r.req.Image, say: r.say, o: captionOptions(r.req.Where)}
	said, err := r.p.caption(c)
	if err != nil {
		return nil, err
	}
	r.req.Prompt = said.Text
	return &Result{Image: r.req.Image, Mask: image.NewAlpha(r.req.Image.Rect)}, nil
}

// beside is a file beside another with a name as wanted, whatever its capitals; "" where there is none.
func beside(file string, wanted func(name string) bool) string {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(file) && !e.IsDir() && wanted(strings.ToLower(e.Name())) {
			return filepath.Join(filepath.Dir(file), e.Name())
		}
	}
	return ""
}

// tagsBeside is a tagger's list: NAME.csv of its own, or selected_tags.csv.
func tagsBeside(file string) string {
	own := strings.ToLower(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))) + ".csv"
	return cmp.Or(beside(file, func(name string) bool { return name == own }), beside(file, func(name string) bool { return name == "selected_tags.csv" }))
}

// oneBeside is an ONNX file beside another with a word in its name.
func oneBeside(file, word string) string {
	return beside(file, func(name string) bool { return strings.HasSuffix(name, ".onnx") && strings.Contains(name, word) })
}

// tags asks a tagger.
func (c *captioning) tags() (out Caption, err error) {
	f, err := os.Open(tagsBeside(c.by.File))
	if err != nil {
		return out, err
	}
	defer f.Close()
	tags, err := caption.ReadTags(f)
	if err != nil {
		return out, fmt.Errorf("%s: %w", filepath.Base(f.Name()), err)
	}
	c.say("opening the tagger", 0.1)
	n, err := openMapNetwork(c.ctx, c.p.runtime, c.by.File, c.o)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, n.session.Close()) }()
	side := n.fixed.X
	if side <= 0 {
		side = 448
	}
	if side > 4096 || n.fixed.Y > 0 && n.fixed.Y != side {
		return out, fmt.Errorf("it reads pictures of %d × %d, want a square of at most 4096", n.fixed.X, n.fixed.Y)
	}
	c.say("reading the picture", 0.5)
	t := tensor.New(1, 3, side, side)
	if n.last {
		t.Shape = []int{1, side, side, 3}
	}
	t.Data = caption.TaggerInput(caption.Square(c.picture, side), n.last)
	all, err := n.session.Run(c.ctx, map[string]*tensor.Tensor{mapPicture: t})
	if err != nil {
		return out, err
	}
	chosen, rating, err := caption.Choose(all[n.outs[0]].Data, tags, cmp.Or(c.by.General, caption.GeneralFrom), cmp.Or(c.by.Character, caption.CharacterFrom))
	if err != nil {
		return out, err
	}
	if out.Tags, out.Text = chosen, caption.Prompt(chosen); rating.Score >= 0 {
		out.Rating = &rating
	}
	return out, nil
}
