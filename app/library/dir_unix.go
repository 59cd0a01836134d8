//go:build !windows && !darwin

package library

import (
	"fmt"
	"os"
	"path/filepath"
)

func systemDir() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("library: no home folder: %w", err)
	}
	return filepath.Join(home, ".local", "share", "pentimento", "results"), nil
}
