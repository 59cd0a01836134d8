package pipeline

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
)

// distilled are the LoRAs that make a model need few steps, and the models that were made so,
// with the numbers of their makers' own pages. name is looked for in names in small letters whose
// words have one space between them; the number of steps that it finds there counts before that of
// the row. Trailing timesteps end above zero, which DDIM makes good; other samplers are given the
// schedule with the same timesteps that ends at zero, SGM Uniform.
var distilled = []struct {
	label string // "": known, and made for a way that no sampler here goes
	model bool   // of checkpoints alone: a LoRA's name says less
	name  *regexp.Regexp
	Suggestion
}{
	// One evaluation at timestep 800, and one that predicts the picture itself.
	{"", true, regexp.MustCompile(`\b(?:hyper (?:sd|sdxl|xl)|lightning) 1 ?step\b`), Suggestion{}},
	// DMD2 (Yin et al. 2024): timesteps 999, 749, 499, 249.
	{"DMD2", false, regexp.MustCompile(`\bdmd2\b`), few(4, 1, "LCM", "SGM Uniform")},
	// Hyper-SD (Ren et al. 2024): the kinds that keep guidance want 5 to 8; one step is TCD's.
	{"Hyper-SD, guided", false, regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(\d+) ?steps? cfg\b`), few(8, 5, "DDIM", "Trailing timesteps")},
	{"Hyper-SD, 1 step", false, regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(1) ?steps?\b`), few(1, 1, "TCD", "TCD")},
	{"Hyper-SD", false, regexp.MustCompile(`\bhyper (?:sd|sdxl|sd15|sd1 5|xl) (?:lora )?(\d+) ?steps?\b`), few(8, 1, "DDIM", "Trailing timesteps")},
	// Models tuned on from these two, whose names say what they were made for.
	{"Lightning", true, regexp.MustCompile(`\blightning ?dpm(?:pp)? ?sde\b`), few(5, 2, "DPM++ SDE", "Karras")},
	{"Turbo", true, regexp.MustCompile(`\bturbo ?dpm(?:pp)? ?sde\b`), few(6, 2, "DPM++ SDE", "Karras")},
	// SDXL-Lightning (Lin et al. 2024): Euler on trailing timesteps without guidance.
	{"SDXL-Lightning", false, regexp.MustCompile(`\b(?:sdxl|sd xl|xl) lightning(?: lora)?(?: (\d+) ?steps?)?\b`), few(4, 1, "Euler", "SGM Uniform")},
	{"SDXL-Lightning", false, regexp.MustCompile(`\blightning (\d+) ?steps? lora\b`), few(4, 1, "Euler", "SGM Uniform")},
	{"Lightning", true, regexp.MustCompile(`\blightning(?: (\d+) ?steps?)?\b`), few(6, 1, "Euler", "SGM Uniform")},
	// TCD (Zheng et al. 2024).
	{"TCD", false, regexp.MustCompile(`\btcd\b`), few(4, 1, "TCD", "TCD")},
	// LCM-LoRA (Luo et al. 2023): 2 to 8 steps.
	{"LCM", false, regexp.MustCompile(`\blcm\b`), few(4, 1, "LCM", "LCM")},
	// SD- and SDXL-Turbo (Sauer et al. 2023): 1 to 4 steps.
	{"Turbo", false, regexp.MustCompile(`\b(?:sd|sdxl|sd xl|sd15|sd21|xl) turbo\b`), few(4, 1, "Euler a", "Turbo")},
}

func few(steps int, cfg float64, sampler, schedule string) Suggestion {
	return Suggestion{Steps: steps, CFG: cfg, Sampler: sampler, Schedule: schedule}
}

var (
	betweenWords = regexp.MustCompile(`[^a-z0-9]+`)
	newWord      = regexp.MustCompile(`([a-z0-9])([A-Z])`) // as in dreamshaperXL, v8LCM
)

// Distilled tells the LoRAs and models that need few steps by their own or their files' names.
type Distilled struct {
	Name  string // the file's, without its ending
	Label string // "SDXL-Lightning", …; "": it is none
	Suggestion
}

// FindDistilled says whether an adapter's file is such a LoRA. It reads the file's header alone;
// a file that cannot be read is known by its name.
func FindDistilled(path string) (d Distilled, ok bool) {
	d.Name = adapter.Name(path)
	names := []string{d.Name}
	if strings.EqualFold(d.Name, "pytorch_lora_weights") { // diffusers calls all so, in folders with names
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	if p, err := checkpoint.OpenPart(path, "adapter"); err == nil {
		names = append(names, p.Metadata["ss_output_name"], p.Metadata["modelspec.title"])
	}
	return d, d.match(names, false)
}

// distilledModel says the same of a checkpoint. One that reads the strength of guidance is a
// latent consistency model (Luo et al. 2023), which its makers show at 8.
func distilledModel(m *family.Model) (d Distilled, ok bool) {
	d.Name = fileTitle(m.Path)
	if m.Guided {
		d.Label, d.Suggestion = "LCM", few(4, 8, "LCM", "LCM")
		return d, true
	}
	names := []string{d.Name, m.Metadata["modelspec.title"]}
	if dir := filepath.Dir(m.Path); filepath.Base(dir) == "snapshots" { // of a cache of the hub: the folder above has the name
		names = append(names, filepath.Base(filepath.Dir(dir)))
	}
	return d, d.match(names, true)
}

// match finds the first row that one of some names is of.
func (d *Distilled) match(names []string, model bool) bool {
	for _, name := range names {
		names = append(names, newWord.ReplaceAllString(name, "$1 $2"))
	}
	for _, text := range names {
		text = strings.TrimSpace(betweenWords.ReplaceAllString(strings.ToLower(text), " "))
		for _, row := range distilled {
			m := row.name.FindStringSubmatch(text)
			if m == nil || row.model && !model {
				continue
			}
			d.Label, d.Suggestion = row.label, row.Suggestion
			if steps, err := strconv.Atoi(m[len(m)-1]); err == nil && steps >= 1 && steps <= 50 && d.Label != "" {
				d.Steps = steps
			}
			return d.Label != ""
		}
	}
	return false
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
	return Distilled{}, false
}

// PromptAdapters are what a prompt's tags call the adapters that it uses.
func PromptAdapters(text string) (names []string) {
	for _, a := range (Request{Text: Text{Prompt: text}}).wanted() {
		if a.Weight != 0 {
			names = append(names, a.File)
		}
	}
	return names
}
