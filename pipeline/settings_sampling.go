package pipeline

import "pentimento/pipeline/metadata"

// automatic leaves the schedule to the sampler.
const automatic = "Automatic"

// usualSampler is that of a request which names none.
const usualSampler = "DPM++ 2M"

// samplingSettings are how noise becomes a picture.
var samplingSettings = []Setting{
	{ID: "seed", Name: "Seed", Flag: "seed", Help: "`N` from 0; the same seed gives the same picture; -1 picks a random one",
		NoPanel: "it is next to the buttons that lock it and draw another",
		Engines: func(e EngineRow) bool { return e.Seeded },
		record:  func(f *metadata.Fill) any { return &f.Seed },
		Default: "0",
		Value:   bits(func(q *Request) *int64 { return &q.Seed })},
	{ID: "batch", Name: "Batch", Flag: "batch", Help: "how many pictures, seeds counting up", Panel: Folded,
		Default: "1", Open: true, Private: true,
		Value: number(func(q *Request) *int { return &q.Batch }, 1, 64, Slider{1, 8, 1, ""})},
	{ID: "steps", Name: "Steps", Flag: "steps", Help: "sampling steps; without this and the next ones the model's own advice counts", Panel: Shown,
		Key: "Steps", record: func(f *metadata.Fill) any { return &f.Steps },
		Default: "20", Open: true,
		Value: number(func(q *Request) *int { return &q.Steps }, 1, 1000, Slider{1, 60, 1, ""})},
	{ID: "cfg", Name: "Guidance", Flag: "cfg", Help: "guidance scale; 1 switches guidance off", Panel: Shown,
		Key: "CFG scale", record: func(f *metadata.Fill) any { return &f.CFG },
		Default: "7", Open: true,
		Value: number(func(q *Request) *float64 { return &q.CFG }, 0, 1000, Slider{1, 20, 0.5, ""})},
	{ID: "sampler", Name: "Sampler", Flag: "sampler", Help: "sampler's `NAME`, as in A1111 or ComfyUI", Panel: Shown,
		Key: "Sampler", record: func(f *metadata.Fill) any { return &f.Sampler }, recall: samplerOf,
		Default: usualSampler, Open: true,
		Value: listed(func(q *Request) *string { return &q.Sampler }, Samplers(), isSampler)},
	{ID: "schedule", Name: "Schedule", Flag: "schedule", Help: "noise schedule's `NAME`; Automatic with another sampler", Panel: Shown,
		Key: "Schedule type", record: func(f *metadata.Fill) any { return &f.Schedule }, recall: scheduleOf,
		Default: "Karras",
		Value:   listed(func(q *Request) *string { return &q.Schedule }, Schedules(), isSchedule)},
	{ID: "strength", Name: "Strength", Flag: "strength", Help: "how much to change the picture, above 0 to 1 (0.75 for a picture that is refined as a whole)", Panel: Shown,
		Key: "Denoising strength", record: func(f *metadata.Fill) any { return &f.Strength },
		Default: "1", Open: true, Tasks: func(t TaskRow) bool { return t.Needs.Picture },
		usual: func(q Request) string {
			strength := q.Task.Row().Strength
			setDefault(&strength, 1)
			return short(strength)
		},
		Value: above(number(func(q *Request) *float64 { return &q.Strength }, 0, 1, Slider{0, 1, 0.05, ""}))},
	{ID: "variation_strength", Name: "Variation", Flag: "variation-strength", Help: "how much of another seed's noise to mix in, 0 to 1", Panel: Folded,
		Key: "Variation seed strength", Resets: true, record: func(f *metadata.Fill) any { return &f.VariationStrength },
		Default: "0",
		Value:   number(func(q *Request) *float64 { return &q.VariationStrength }, 0, 1, Slider{0, 1, 0.05, ""})},
	{ID: "variation", Name: "Variation seed", Flag: "variation-seed", Help: "the seed whose noise is mixed in", Panel: Folded,
		Key: "Variation seed", Resets: true, record: func(f *metadata.Fill) any { return &f.VariationSeed },
		Default: "0", When: func(q Request) bool { return q.VariationStrength > 0 },
		Value: bits(func(q *Request) *int64 { return &q.VariationSeed })},
	{ID: "rng", Name: "Random generator", Label: "Generator", Flag: "rng", Help: "random number generator", Panel: Folded,
		Key: "RNG", record: func(f *metadata.Fill) any { return &f.RNG },
		Default: "cpu", Open: true,
		Value: option(func(q *Request) *string { return &q.RNG },
			Choice{Name: "CPU", Value: "cpu", Foreign: "CPU"}, Choice{Name: "NV", Value: "nv", Foreign: "NV", Also: []string{"GPU", "CUDA"}})},
	{ID: "faster", Name: "Faster", Flag: "faster", Help: "about half the evaluations of the network: the picture stays, fine details change a little (44 dB on average with DPM++ 2M, 20 steps); with samplers that add noise (a, SDE) a third less: the composition stays, details change (35 dB with Euler a)", Panel: Shown,
		Key: "Faster", Resets: true, Default: "false",
		Value: yesNo(func(q *Request) *bool { return &q.Faster })},
	{ID: "forecast", Name: "Forecast", Flag: "forecast", Help: "one of so many steps is evaluated and the others are forecast from it (Spectrum); 0: every step is evaluated",
		NoPanel: "the switch Faster sets it",
		Default: "0",
		Value:   number(func(q *Request) *float64 { return &q.Forecast }, 0, 10, Slider{})},
	{ID: "forecast_growth", Name: "Forecast growth", Flag: "forecast-growth", Help: "by how much that number grows with each evaluation",
		NoPanel: "the switch Faster sets it",
		Default: "0", When: func(q Request) bool { return q.Forecast >= 2 },
		Value: number(func(q *Request) *float64 { return &q.ForecastGrowth }, 0, 10, Slider{})},
	{ID: "deep_cache", Name: "DeepCache", Flag: "deep-cache", Help: "of the evaluated steps one of so many runs the whole network, the others its shallow part alone; 0: all run the whole",
		NoPanel: "the switch Faster sets it",
		Default: "0",
		Value:   number(func(q *Request) *int { return &q.DeepCache }, 0, 100, Slider{})},
	{ID: "deep_from", Name: "DeepCache from", Flag: "deep-from", Help: "the share of the steps, 0 to 1, that run the whole network before DeepCache begins; at least four do",
		NoPanel: "the switch Faster sets it",
		Default: "0", When: func(q Request) bool { return q.DeepCache > 1 },
		Value: number(func(q *Request) *float64 { return &q.DeepFrom }, 0, 1, Slider{})},
	{ID: "deep_skip", Name: "DeepCache skip", Flag: "deep-skip", Help: "at which skip connection DeepCache cuts the network: 0 is the shallowest and the fastest",
		NoPanel: "the switch Faster sets it",
		Default: "0", When: func(q Request) bool { return q.DeepCache > 1 },
		Value: number(func(q *Request) *int { return &q.DeepSkip }, 0, 64, Slider{})},
	{ID: "guidance_low", Name: "Guidance from", Label: "Guide from", Flag: "guidance-low", Help: "the noise level (sigma) below which guidance is off; 0: no limit", Panel: Guiding,
		Key: "Guidance from", Resets: true, Default: "0",
		Value: number(func(q *Request) *float64 { return &q.GuidanceRange[0] }, 0, 1000, Slider{0, 15, 0.05, ""})},
	{ID: "guidance_high", Name: "Guidance up to", Label: "Guide to", Flag: "guidance-high", Help: "the noise level (sigma) above which guidance is off; 0: no limit", Panel: Guiding,
		Key: "Guidance up to", Resets: true, Default: "0",
		Value: number(func(q *Request) *float64 { return &q.GuidanceRange[1] }, 0, 1000, Slider{0, 15, 0.05, ""})},
	{ID: "whole_timesteps", Name: "Whole timesteps", Label: "Whole step", Flag: "whole-timesteps", Help: "round timesteps to whole ones, as some tools do", Panel: Folded,
		Default: "false",
		Value:   yesNo(func(q *Request) *bool { return &q.WholeTimesteps })},
}

// above refuses the lower end of a range too.
func above(v Value) Value {
	v.Above = true
	return v
}
