package adapter

import "strings"

// spellings are what diffusers and PEFT call the keys of kohya's trainer; the first ones are
// of before a module's own layer had a place of its own ("to_q_lora.down.weight").
var spellings = []struct{ theirs, key string }{
	{"_lora.down.weight", "lora_down.weight"}, {"_lora.up.weight", "lora_up.weight"},
	{".lora_linear_layer.down.weight", "lora_down.weight"}, {".lora_linear_layer.up.weight", "lora_up.weight"},
	{".lora.down.weight", "lora_down.weight"}, {".lora.up.weight", "lora_up.weight"},
	{".lora_A.weight", "lora_down.weight"}, {".lora_B.weight", "lora_up.weight"},
	{".lora_A.default.weight", "lora_down.weight"}, {".lora_B.default.weight", "lora_up.weight"},
	{".lora_magnitude_vector", "dora_scale"}, {".lora_magnitude_vector.weight", "dora_scale"},
	{".lora_magnitude_vector.default.weight", "dora_scale"},
}

// split parts a file's key MODULE.KEY at the longest KEY that some kind reads.
func split(name string) (module, key string, ok bool) {
	for _, s := range spellings {
		if module, ok := strings.CutSuffix(name, s.theirs); ok {
			return module, s.key, true
		}
	}
	for at := 0; ; {
		for _, k := range Kinds {
			if k.reads(name[at:]) {
				return strings.TrimSuffix(name[:at], "."), name[at:], true
			}
		}
		next := strings.IndexByte(name[at:], '.')
		if next < 0 {
			return "", "", false
		}
		at += next + 1
	}
}
