package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
)

var versionVerb = Verb{
	Name:  "version",
	Short: "Print the version of the program",
	Setup: func(fs *flag.FlagSet) Action {
		asJSON := fs.Bool("json", false, "print it as JSON")
		return func(_ context.Context, env *Env, _ []string) error {
			if *asJSON {
				return printed(json.NewEncoder(env.Stdout).Encode(map[string]string{
					"name": "Pentimento", "version": env.Version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
				}))
			}
			_, err := fmt.Fprintf(env.Stdout, "Pentimento %s (%s, %s/%s)\n", env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return printed(err)
		}
	},
}
