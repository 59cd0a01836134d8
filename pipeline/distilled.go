package pipeline

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
)

// distilled are the LoRAs that make a model need few steps, with the numbers of their makers'
// own pages. name is looked for in names in small letters whose words have one space between
// them; the number of steps that it finds there counts before that of the row.
var distilled = []struct {
	label string
	name  *regexp.Regexp
	Suggestion
}{
	// DMD2 (Yin et al. 2024): timesteps 999, 749, 499, 249.
	{"DMD2", regexp.MustCompile(`\bdmd2\b`), few(4, 1, "LCM", "Trailing timesteps")},
	// Hyper-SD (Ren et al. 2024): the kinds that keep guidance want 5 to 8; one step is TCD's.
	{"Hyper-SD, guided", regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(\d+) ?steps? cfg\b`), few(8, 5, "DDIM", "Trailing timesteps")},
	{"Hyper-SD, 1 step", regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(1) ?steps?\b`), few(1, 1, "TCD", "TCD")},
	{"Hyper-SD", regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(\d+) ?steps?\b`), few(8, 1, "DDIM", "Trailing timesteps")},
	// SDXL-Lightning (Lin et al. 2024): Euler on trailing timesteps without guidance.
	{"SDXL-Lightning", regexp.MustCompile(`\b(?:sdxl|sd xl|xl) lightning(?: lora)?(?: (\d+) ?steps?)?\b`), few(4, 1, "Euler", "Trailing timesteps")},
	{"SDXL-Lightning", regexp.MustCompile(`\blightning (\d+) ?steps? lora\b`), few(4, 1, "Euler", "Trailing timesteps")},
	// TCD (Zheng et al. 2024).
	{"TCD", regexp.MustCompile(`\btcd\b`), few(4, 1, "TCD", "TCD")},
	// LCM-LoRA (Luo et al. 2023): 2 to 8 steps.
	{"LCM", regexp.MustCompile(`\blcm\b`), few(4, 1, "LCM", "LCM")},
	// SD- and SDXL-Turbo (Sauer et al. 2023): 1 to 4 steps.
	{"Turbo", regexp.MustCompile(`\b(?:sd|sdxl|sd xl|sd15|sd21|xl) turbo\b`), few(4, 1, "Euler a", "Turbo")},
}

func few(steps int, cfg float64, sampler, schedule string) Suggestion {
	return Suggestion{Steps: steps, CFG: cfg, Sampler: sampler, Schedule: schedule}
}

var betweenWords = regexp.MustCompile(`[^a-z0-9]+`)

// Distilled tells the LoRAs that make a model need few steps by their own or their file's names.
type Distilled struct {
	Name  string // the file's, without its ending
	Label string // "SDXL-Lightning", …
	Suggestion
}

// FindDistilled says whether an adapter's file is such a LoRA. It reads the file's header alone;
// a file that cannot be read is known by its name.
func FindDistilled(path string) (d Distilled, ok bool) {
	name := adapter.Name(path)
	names := []string{name}
	if strings.EqualFold(name, "pytorch_lora_weights") { // diffusers calls all so, in folders with names
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	if p, err := checkpoint.OpenPart(path, "adapter"); err == nil {
		names = append(names, p.Metadata["ss_output_name"], p.Metadata["modelspec.title"])
	}
	for _, text := range names {
		text = strings.TrimSpace(betweenWords.ReplaceAllString(strings.ToLower(text), " "))
		for _, row := range distilled {
			m := row.name.FindStringSubmatch(text)
			if m == nil {
				continue
			}
			d = Distilled{name, row.label, row.Suggestion}
			if steps, err := strconv.Atoi(m[len(m)-1]); err == nil && steps >= 1 && steps <= 50 {
				d.Steps = steps
			}
			return d, true
		}
	}
	return d, false
}

// Distilled is the first such LoRA that the request names, in its list or its prompt.
func (q Request) Distilled() (d Distilled, ok bool) {
	for _, a := range q.wanted() {
		if a.Weight == 0 {
			continue
		}
		path, err := adapter.Find(a.File, q.Model, lines(q.Where.AdapterFiles)...)
		if err != nil {
			continue
		}
		if d, ok = FindDistilled(path); ok {
			return d, true
		}
	}
	return d, false
}
