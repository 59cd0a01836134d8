package settings

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
)

// Fill is the fill panel: what is asked for, and the settings of pipeline.Settings by their
// IDs. Those that the first versions had are fields under that name in JSON; all others are
// in More, so that a new setting needs nothing here.
type Fill struct {
	Engine   string  `json:"engine"`
	Prompt   string  `json:"prompt"`
	Negative string  `json:"negative"`
	Seed     int64   `json:"seed"`
	LockSeed bool    `json:"lock_seed"`
	Steps    int     `json:"steps"`
	CFG      float64 `json:"cfg"`
	Sampler  string  `json:"sampler"`
	Schedule string  `json:"schedule"`
	Strength float64 `json:"strength"`
	Refine   float64 `json:"refine,omitempty"` // the strength where a whole picture is refined; 0 is Strength
	Feather  int     `json:"feather"`          // pixels
	Count    int     `json:"count"`            // candidates a press makes
	Model    string  `json:"model"`            // path of the opened checkpoint

	Batch             int     `json:"batch"` // pictures of one candidate job
	Variation         int64   `json:"variation"`
	VariationStrength float64 `json:"variation_strength"` // 0..1
	ClipSkip          int     `json:"clip_skip"`          // from 1
	RNG               string  `json:"rng"`                // "cpu" or "nv"

	// Answers of one word; "" is the program's own choice.
	Area   string `json:"area,omitempty"`
	Blend  string `json:"blend,omitempty"`
	Infill string `json:"infill,omitempty"`
	Reach  string `json:"reach,omitempty"`
	Hires  string `json:"hires,omitempty"`
	Tile   string `json:"tile,omitempty"`

	Styles string `json:"styles"` // the names of the applied styles, one a line

	// Adapters change the model's weights, in this order. Copies of a Fill share the list, so it is
	// never written to.
	Adapters []Adapter `json:"adapters,omitempty"`

	// More are the settings without a field above, by the ID of their row. Copies of a Fill
	// share it, so it is never written to: see Set.
	More map[string]string `json:"more,omitempty"`
}

// Adapter is a file that changes a model, and how much.
type Adapter struct {
	File       string  `json:"file"`
	Weight     float64 `json:"weight"`      // on the denoiser
	TextWeight float64 `json:"text_weight"` // on the text encoders

	Ranks    int     `json:"ranks,omitempty"`    // so many ranks of a LoRA count, the first ones; 0: all
	Blocks   string  `json:"blocks,omitempty"`   // block weights: numbers or the name of a list
	Elements string  `json:"elements,omitempty"` // rules for single layers, or the name of some
	Start    float64 `json:"start,omitempty"`    // the part of the sampling in which it acts …
	Stop     float64 `json:"stop,omitempty"`     // … below 1 of all steps, else their numbers; 0 is open
	Off      bool    `json:"off,omitempty"`      // it stays in the list and does nothing
}

// fields finds a field of Fill by its name in JSON.
var fields = func() map[string]int {
	out := map[string]int{}
	t := reflect.TypeFor[Fill]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "more" && name != "adapters" {
			out[name] = i
		}
	}
	return out
}()

// Get is a setting as a text; "" where the person never chose.
func (f *Fill) Get(id string) string {
	if i, ok := fields[id]; ok {
		return fmt.Sprint(reflect.ValueOf(f).Elem().Field(i).Interface())
	}
	return f.More[id]
}

// Set changes a setting; a text that is not of its kind changes nothing. Copies of the Fill
// keep what they have.
func (f *Fill) Set(id, text string) {
	i, ok := fields[id]
	if !ok {
		f.More = maps.Clone(f.More)
		if f.More == nil {
			f.More = map[string]string{}
		}
		f.More[id] = text
		return
	}
	switch v := reflect.ValueOf(f).Elem().Field(i); v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if b, err := strconv.ParseBool(text); err == nil {
			v.SetBool(b)
		}
	case reflect.Float64:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			v.SetFloat(n)
		}
	default:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			v.SetInt(n)
		} else if n, err := strconv.ParseUint(text, 10, 64); err == nil && v.Kind() == reflect.Int64 {
			v.SetInt(int64(n)) // a seed's bits
		}
	}
}

// Equal says whether two panels ask for the same. A setting that was never chosen is not the
// same as one that was set to the usual value.
func (f Fill) Equal(g Fill) bool {
	same := maps.Equal(f.More, g.More)
	f.More, g.More = nil, nil
	return same && reflect.DeepEqual(f, g)
}
