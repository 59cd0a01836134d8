package settings

import (
	"encoding/json"
	"testing"
)

// TestASettingIsKeptUnderItsID: in its field where the first version had one, else in More.
func TestASettingIsKeptUnderItsID(t *testing.T) {
	f := Default().Fill
	for id, text := range map[string]string{"steps": "31", "cfg": "6.5", "sampler": "Euler", "variation": "1099511627776", "area": "masked", "lock_seed": "true", "newcomer": "yes"} {
		f.Set(id, text)
		if got := f.Get(id); got != text {
			t.Errorf("%s is %q, want %q", id, got, text)
		}
	}
	if f.Steps != 31 || f.CFG != 6.5 || f.Sampler != "Euler" || f.Variation != 1<<40 || f.Area != "masked" || !f.LockSeed || f.More["newcomer"] != "yes" {
		t.Errorf("%+v", f)
	}
	f.Set("steps", "many")
	if f.Steps != 31 {
		t.Errorf("no number made the steps %d", f.Steps)
	}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var again Fill
	if err := json.Unmarshal(data, &again); err != nil || !again.Equal(f) {
		t.Errorf("%v: %+v, want %+v", err, again, f)
	}
}

// TestACopyKeepsWhatItHas: what a copy is compared with must not change under it.
func TestACopyKeepsWhatItHas(t *testing.T) {
	var f Fill
	f.Set("newcomer", "yes")
	g := f
	if f.Set("newcomer", "no"); g.Get("newcomer") != "yes" || f.Equal(g) {
		t.Errorf("the copy says %q", g.Get("newcomer"))
	}
	if f.Set("newcomer", "yes"); !f.Equal(g) {
		t.Error("two panels that ask for the same are told apart")
	}
	if g.Steps++; f.Equal(g) {
		t.Error("two panels with other steps are not told apart")
	}
}
