package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pentimento/pipeline/sampler"
)

// Noising is how samplers add noise on their way. Each looks at what it takes of it alone.
type Noising struct {
	Eta      float64 `json:"eta"`      // share of fresh noise of ancestral and SDE samplers
	EtaDDIM  float64 `json:"eta_ddim"` // the same of DDIM, which usually adds none
	Gamma    float64 `json:"gamma"`    // the same of TCD
	Strength float64 `json:"s_noise"`  // by which all noise that is added is multiplied
	Churn    float64 `json:"s_churn"`  // of Karras et al. 2022, of a whole run
	ChurnMin float64 `json:"s_tmin"`   // the sigma from which it churns …
	ChurnMax float64 `json:"s_tmax"`   // … and up to which; 0: no limit
	Restarts string  `json:"restarts"` // of Restart (parseRestarts); "": by the number of steps
}

// usualNoising is what nobody has changed: every sampler's own.
var usualNoising = Noising{Eta: 1, Gamma: 0.3, Strength: 1}

func noisingAt(q *Request) **Noising { return &q.Noising }

// noising are a sampler's options as the request has them.
func (q Request) noising(row sampler.Row) sampler.Options {
	o, n := row.Default, held(q.Noising, usualNoising)
	switch {
	case row.Name == "TCD":
		o.Eta = n.Gamma
	case row.Name == "DDIM":
		o.Eta = n.EtaDDIM
	case row.TakesEta():
		o.Eta = n.Eta
	}
	o.SNoise = n.Strength
	if row.Churns {
		o.Churn, o.ChurnMin, o.ChurnMax = n.Churn, n.ChurnMin, n.ChurnMax
		if n.ChurnMax == 0 {
			o.ChurnMax = math.Inf(1)
		}
	}
	if row.Name == "Restart" {
		o.Restarts, _ = parseRestarts(n.Restarts) // held by the check of the request
	}
	return o
}

// draws says whether a sampler draws noise on its way in this request.
func (q Request) draws(row sampler.Row) bool {
	o := q.noising(row)
	return row.Stochastic || o.Churn > 0 || row.Name == "DDIM" && o.Eta > 0
}

// Noisy says whether the request's sampler draws fresh noise on its way: Faster loses more there.
func (q Request) Noisy() bool { return q.draws(q.solver()) }

// solver is the request's sampler; empty where there is none of that name.
func (q Request) solver() sampler.Row {
	row, _, _ := sampler.Find(cmp.Or(q.Sampler, usualSampler))
	return row
}

// noRestarts is the text for none at all.
const noRestarts = "none"

// parseRestarts reads where Restart goes back up, as "0.1:10,1,2; 1:5,2,9": the lowest sigma, and
// steps, times and the highest sigma. "" leaves it to the number of steps (nil), "none" is none.
func parseRestarts(text string) ([]sampler.Segment, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	all, seen := []sampler.Segment{}, map[float64]bool{}
	if text == noRestarts {
		return all, nil
	}
	for _, part := range strings.Split(text, ";") {
		low, rest, _ := strings.Cut(part, ":")
		numbers := strings.Split(rest, ",")
		var r [3]float64
		ok := len(numbers) == len(r)
		for i := range min(len(numbers), len(r)) {
			var err error
			if r[i], err = strconv.ParseFloat(strings.TrimSpace(numbers[i]), 64); err != nil {
				ok = false
			}
		}
		if !ok {
			return nil, fmt.Errorf("pipeline: restart %q, want the lowest sigma: steps, times, highest sigma", strings.TrimSpace(part))
		}
		s, err := restart(strings.TrimSpace(low), r)
		if err != nil {
			return nil, err
		}
		if seen[s.Min] {
			return nil, fmt.Errorf("pipeline: two restarts from sigma %s, want one", short(s.Min))
		}
		seen[s.Min] = true
		all = append(all, s)
	}
	return all, nil
}

// restart is a restart of its lowest sigma, and steps, times and highest sigma.
func restart(low string, r [3]float64) (sampler.Segment, error) {
	from, err := strconv.ParseFloat(low, 64)
	if err != nil || !(from > 0 && !math.IsInf(from, 0) && r[0] >= 1 && r[0] <= 1000 && r[1] >= 0 && r[1] <= 1000 && r[2] > 0 && !math.IsInf(r[2], 0)) {
		return sampler.Segment{}, fmt.Errorf("pipeline: restart %q: %v, want the lowest sigma: steps, times, highest sigma", low, r)
	}
	return sampler.Segment{Min: from, Max: r[2], Steps: int(r[0]), Times: int(r[1])}, nil
}
