package metadata

import (
	"testing"
)

// touch asks everything of a recipe that anybody asks.
func touch(r *Recipe) {
	if r == nil {
		return
	}
	r.Sampler()
	r.Size()
	r.Seed()
	r.OldTimelines()
	r.Text()
	if q := r.Regional(); q != nil && len(q.Regions) > 2*MaxRegions {
		panic("more regions than there may be")
	}
	CameWith(r)
	if r.Document != nil {
		r.Document.Main()
		r.Document.Texts()
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{a1, a2, a3, i1, i2, i3, c1, c2, c3, rp1, rp2} {
		for _, k := range []string{"parameters", "prompt", "workflow", "invokeai_metadata", "sd-metadata", "Dream", "pentimento", "Comment", "UserComment"} {
			f.Add(k, s)
		}
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		r, _ := Read([]Text{{"Software", "NovelAI"}, {key, text}})
		touch(r)
	})
}

// FuzzA1111: what has been read and written once is stable.
func FuzzA1111(f *testing.F) {
	for _, s := range []string{a1, a2, a3, rp1, rp2, `x` + "\n" + `Steps: 20, Seed: 1, Hashes: {"model": "0a", "l": [1, 2]}, Size: 8x8, SDCPP: {"a": "b, c: d"}`, "0…!Negative prompt:0,Steps:0,00:0,00:01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := ParseA1111(text)
		once.Unread = nil
		written := once.Text()
		if len(once.Params)-countBare(once) < leastPairs {
			return
		}
		if again := ParseA1111(written).Text(); again != written {
			t.Errorf("%q: wrote %q, then %q", text, written, again)
		}
	})
}

// grammar fuzzes the reader of one text.
func grammar(f *testing.F, read func(string) (*Recipe, error), seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := read(text)
		if (r == nil) != (err != nil) {
			t.Fatalf("%q: recipe %v, error %v", text, r, err)
		}
		touch(r)
	})
}

func FuzzInvoke(f *testing.F) { grammar(f, readInvoke, i1, i2) }

func FuzzOldInvoke(f *testing.F) {
	grammar(f, readOldInvoke, `{"model_weights":"a","image":{"prompt":[{"prompt":"tin [bucket]","weight":1}],"steps":50,"sampler":"k_dpm_2_a","width":512,"height":704}}`)
}

func FuzzDream(f *testing.F) { grammar(f, readDream, i3, `paper whale -s25 --height=640 -A k_lms`) }

func FuzzComfy(f *testing.F) { grammar(f, readComfy, c1, c2) }

func FuzzWorkflow(f *testing.F) {
	grammar(f, readWorkflow, c3, `{"nodes":[{"id":1,"type":"KSampler","widgets_values":[5,"fixed",9,3,"euler","simple",1],"inputs":[{"name":"positive","link":7}]},{"id":2,"type":"CLIPTextEncode","widgets_values":["kite"]}],"links":[[7,2,0,1,1,"X"]]}`)
}

func FuzzNovelAI(f *testing.F) {
	f.Add("NovelAI", "blue fox", `{"steps":28,"sampler":"k_euler_ancestral","seed":99,"scale":11,"uc":"bad"}`)
	f.Fuzz(func(t *testing.T, software, prompt, comment string) {
		r, _ := Read([]Text{{"Software", software}, {"Description", prompt}, {"Comment", comment}})
		touch(r)
	})
}

func FuzzUnpaint(f *testing.F) {
	f.Add(`{"PositivePrompt":"barn","NegativePrompt":"cow","Width":512,"Height":640,"GuidanceStrength":7.5,"RandomSeed":4000000000,"ModelId":"someone/barn-v1"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, _ := Read([]Text{{"meta", text}})
		touch(r)
	})
}

// FuzzDocument: our own JSON from anywhere is read or refused, and what was read can be
// written and read again.
func FuzzDocument(f *testing.F) {
	d := &Document{Program: "ours", Width: 9, Height: 9, Origin: a1}
	d.Add(Fill{Rect: Rect{0, 0, 9, 9}, Prompt: "p", Mask: &Mask{Blur: 4}})
	f.Add(d.Texts()[1].Text)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDocument(text)
		if err != nil {
			return
		}
		touch(d.recipe())
		for _, x := range d.Texts() {
			if x.Key != DocumentKey {
				continue
			}
			if _, err := ParseDocument(x.Text); err != nil {
				t.Errorf("%q: written as %q: %v", text, x.Text, err)
			}
		}
	})
}
