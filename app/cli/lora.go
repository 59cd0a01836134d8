package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pentimento/pipeline"
)

// loraFlags are the adapters of a run, in their order.
type loraFlags []pipeline.Adapter

const loraUsage = "change the model's weights by the LoRA or other adapter `FILE:STRENGTH`, a file or the name of one near the model; may be given several times. " +
	"FILE alone is 1; FILE:TEXT:DENOISER are two strengths. Behind them, with colons between: lbw=OUTALL or lbw=1,0,0,… (17 or 26 block weights, of SDXL 12, 20 or 26; the lbw= may be left out), lbwe=NAME, " +
	"start=5, stop=10 or step=5-10 (numbers of steps, or below 1 a part of all)"

func declareLoras(fs *flag.FlagSet) *loraFlags {
	var l loraFlags
	fs.Var(&l, "lora", loraUsage)
	return &l
}

// Set implements flag.Value.
func (l *loraFlags) Set(text string) error {
	a, err := pipeline.ReadAdapter(text, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && !info.IsDir()
	})
	if err != nil {
		return err
	}
	if _, err := os.Stat(a.File); err == nil {
		if a.File, err = filepath.Abs(a.File); err != nil {
			return err
		}
	} else if strings.ContainsAny(a.File, `/\`) {
		return fmt.Errorf("%q: no such file", a.File)
	}
	*l = append(*l, a)
	return nil
}

// String implements flag.Value.
func (l *loraFlags) String() string {
	if l == nil || len(*l) == 0 {
		return ""
	}
	return fmt.Sprint(*l)
}
