package fills

import (
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
)

func TestEveryAnswerReachesTheRequest(t *testing.T) {
	b := newBench(t)
	b.Settings.Fill.Engine = string(pipeline.Diffusion)
	plain := b.request(pipeline.Inpaint)
	for _, q := range Questions {
		for i, name := range q.Names() {
			f := settings.Default().Fill
			q.Choose(&f, name)
			if q.Chosen(f) != name {
				t.Errorf("%s: chose %q, shows %q", q.ID, name, q.Chosen(f))
			}
			var req pipeline.Request
			painting(&req, f)
			changed := len(Differences(pipeline.Request{}, req)) > 0
			if changed != (i > 0) {
				t.Errorf("%s: %q changes the request: %v", q.ID, name, changed)
			}
		}
		f := settings.Default().Fill
		q.Choose(&f, "no such answer")
		if !f.Equal(settings.Default().Fill) {
			t.Errorf("%s: an unknown answer changed something", q.ID)
		}
	}
	if plain.Blend != "" || plain.Area != nil || plain.Hires != nil {
		t.Errorf("a new user's request is not the plain one: %+v", plain)
	}
}
