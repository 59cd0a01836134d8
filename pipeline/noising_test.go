package pipeline

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"pentimento/pipeline/metadata"
	"pentimento/pipeline/sampler"
)

// TestNoisingReachesTheSampler as the same options that a sampler is checked with against other
// programs, and as its own ones where nothing is set.
func TestNoisingReachesTheSampler(t *testing.T) {
	for _, row := range sampler.Samplers {
		want := row.Default
		if row.Churns && want.ChurnMax == 0 {
			want.ChurnMax = math.Inf(1)
		}
		if got := (Request{}).noising(row); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: without a word the options are %+v, want %+v", row.Name, got, want)
		}
	}
	for _, c := range []struct {
		sampler, id, text string
		also              string // churn acts with
		as                Analytic
	}{
		{"Euler a", "eta", "0.25", "", Analytic{Options: map[string]float64{"eta": 0.25}}},
		{"DDIM", "eta_ddim", "0.5", "", Analytic{Options: map[string]float64{"eta": 0.5}}},
		{"TCD", "tcd_gamma", "0.6", "", Analytic{Options: map[string]float64{"eta": 0.6}}},
		{"DPM++ 2M SDE", "s_noise", "1.03", "", Analytic{Options: map[string]float64{"s_noise": 1.03}}},
		{"Heun", "s_churn", "7", "", Analytic{Options: map[string]float64{"s_churn": 7}}},
		{"Heun", "s_tmax", "9", "7", Analytic{Options: map[string]float64{"s_churn": 7, "s_tmax": 9}}},
		{"Euler", "s_tmin", "0.5", "7", Analytic{Options: map[string]float64{"s_churn": 7, "s_tmin": 0.5}}},
		{"Restart", "restarts", "0.1: 10,1, 2;1:5,2,9", "", Analytic{Restarts: map[string][3]float64{"0.1": {10, 1, 2}, "1": {5, 2, 9}}}},
		{"Restart", "restarts", "none", "", Analytic{Restarts: map[string][3]float64{}}},
	} {
		row, _, err := sampler.Find(c.sampler)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.as.options(row)
		if err != nil {
			t.Fatal(err)
		}
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}}
		Apply(&q, func(id string) string {
			return map[string]string{"sampler": c.sampler, "s_churn": c.also, c.id: c.text}[id]
		})
		if got := q.noising(row); !reflect.DeepEqual(got, want) {
			t.Errorf("%s with %s %s: options %+v, want %+v", c.sampler, c.id, c.text, got, want)
		}
		if s := FindSetting(c.id); !s.Acts(q) {
			t.Errorf("%s does not appear for %s", c.id, c.sampler)
		}
		q.Sampler = "PLMS"
		if s := FindSetting(c.id); s.Acts(q) {
			t.Errorf("%s appears for PLMS", c.id)
		}
	}
}

// TestRestartsThatMeanNothingAreRefused with what is wrong, by flags and by a check before a run.
func TestRestartsThatMeanNothingAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"0.1": `"0.1"`, "0.1:10,1": "steps, times", "0:10,1,2": `"0"`, "a:10,1,2": `"a"`, "0.1:0,1,2": `"0.1"`, "0.1:10,1,2;0.1:9,1,2": "two restarts",
		"0.1:10,1,2;": `""`, "0.1:NaN,1,2": `"0.1"`, "0.1:10,-1,2": `"0.1"`, "0.1:10,1,+Inf": `"0.1"`,
	} {
		q := Request{Ask: Ask{Engine: Diffusion, Task: Generate}, Sampling: Sampling{Sampler: "Restart"}}
		err := FindSetting("restarts").Set(&q, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a word of %s", text, err, want)
		}
		if out := q.WithDefaults().outOfRange(); len(out) != 1 || out[0].Error() != "pipeline: "+err.Error() {
			t.Errorf("%q is checked as %v, want %v", text, out, err)
		}
	}
	q := Request{Ask: Ask{Engine: Diffusion}, Sampling: Sampling{Noising: &Noising{Eta: 1, Strength: 1, Churn: 3, ChurnMin: 5, ChurnMax: 2}}}
	if q.Conflict() == nil {
		t.Error("churn from 5 up to 2 is taken")
	}
}

// TestOldRecipesOfDDIM have its share under the key of all samplers.
func TestOldRecipesOfDDIM(t *testing.T) {
	for text, want := range map[string]string{"Sampler: DDIM, Eta: 0.4": "0.4", "Sampler: DDIM, Eta DDIM: 0.3": "0.3", "Sampler: Euler a, Eta: 0.4": "0"} {
		if got, _ := FindSetting("eta_ddim").Recall(metadata.ParseA1111("p\nSteps: 9, " + text + ", Seed: 1")); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
