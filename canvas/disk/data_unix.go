//go:build !windows && !darwin

package disk

import (
	"os"
	"path/filepath"
)

func systemData() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "pentimento"), err
}
