package pipeline

import "pentimento/pipeline/sampler"

// Samplers are the samplers' names as people know them, in the order of the table.
func Samplers() []string {
	out := make([]string, len(sampler.Samplers))
	for i, r := range sampler.Samplers {
		out[i] = r.Name
	}
	return out
}

// UsualSamplers are what most pictures are made with, of Samplers.
var UsualSamplers = []string{"DPM++ 2M", "Euler a", "Euler", "DPM++ SDE", "LCM"}

// Schedules are the noise schedules' names as people know them.
func Schedules() []string {
	out := []string{"Automatic"}
	for _, s := range sampler.Schedules {
		if s.Label != "" {
			out = append(out, s.Label)
		}
	}
	return out
}

// isSampler says whether a request may name a sampler so; "" is the default.
func isSampler(name string) bool {
	_, _, err := sampler.Find(name)
	return err == nil || name == ""
}

// isSchedule says the same of a noise schedule.
func isSchedule(name string) bool {
	_, err := sampler.ScheduleFor(sampler.Samplers[0], name)
	return err == nil
}
