//go:build headless

package main

import (
	"fmt"
	"os"

	"pentimento/app/cli"
	"pentimento/app/settings"
)

const windowed = false

// display: this build has no window.
func display() bool { return false }

func window([]string, string, *settings.Store, func(string), <-chan string) int {
	return cli.ExitFailed // not reached: display says no
}

// windowless is what the program does where a window was asked for.
func windowless(files []string) (verb []string, code int) {
	if len(files) > 0 {
		fmt.Fprintf(os.Stderr, "pentimento: this build has no window to open %q in\nhint: use a verb: pentimento-cli --help; or the build with a window: pentimento\n", files[0])
		return nil, cli.ExitFailed
	}
	return []string{"--help"}, cli.ExitDone
}
