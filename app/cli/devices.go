package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"text/tabwriter"

	"pentimento/pipeline/model"
)

var devicesVerb = Verb{
	Name:  "devices",
	Short: "List the devices that networks can run on, and what the others lack",
	Setup: func(fs *flag.FlagSet) Action {
		asJSON := fs.Bool("json", false, "print the list as JSON")
		again := fs.Bool("again", false, "run the self-tests of all devices, also of those that failed before")
		probe := fs.String("probe", "", "run the self-test of one device and print the result as JSON;\n(`NAME`; the program runs this in a child process, which a broken driver may crash)")
		half := fs.Bool("half", false, "with --probe: test half precision instead")
		capture := fs.Bool("capture", false, "with --probe: test graph capture instead")
		return func(ctx context.Context, env *Env, _ []string) error {
			if env.Runtime == nil {
				return fmt.Errorf("this build has no runtime for networks")
			}
			rt, err := env.Runtime()
			if err != nil {
				return err
			}
			if *probe != "" {
				return probeDevice(ctx, env, rt, *probe, *half, *capture)
			}
			if r, ok := rt.(model.Tester); ok { // "ready" is said of what was seen to work
				if err := r.Test(ctx, *again); err != nil {
					return err
				}
			}
			return listDevices(env, rt.Devices(), *asJSON)
		}
	},
}

func probeDevice(ctx context.Context, env *Env, rt model.Runtime, name string, half, capture bool) error {
	if err := env.checkDevice(name); err != nil {
		return err
	}
	p, ok := rt.(model.Prober)
	if !ok {
		return fmt.Errorf("this runtime has no self-test")
	}
	test := p.Probe
	switch {
	case half:
		test = p.ProbeHalf
	case capture:
		test = p.ProbeCapture
	}
	result, err := test(ctx, name)
	if err != nil {
		return err
	}
	return printed(json.NewEncoder(env.Stdout).Encode(result))
}

// deviceRow is one line of `devices --json`.
type deviceRow struct {
	Name    string `json:"name"`
	Label   string `json:"label"`
	Ready   bool   `json:"ready"`
	Missing string `json:"missing,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func listDevices(env *Env, devices []model.Device, asJSON bool) error {
	if asJSON {
		rows := make([]deviceRow, 0, len(devices))
		for _, d := range devices {
			rows = append(rows, deviceRow(d))
		}
		e := json.NewEncoder(env.Stdout)
		e.SetIndent("", "  ")
		return printed(e.Encode(map[string]any{"devices": rows}))
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 8, 2, ' ', 0)
	for _, d := range devices {
		state := "ready"
		if !d.Ready {
			state = "not ready: " + oneLine(d.Missing)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", d.Name, d.Label, state)
		if d.Hint != "" {
			fmt.Fprintf(w, "\t\t  to get it: %s\n", oneLine(d.Hint))
		}
	}
	return printed(w.Flush())
}
