//go:build !windows && !darwin

package fetch

import (
	"fmt"
	"os"
	"path/filepath"
)

func systemDir() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("downloads: no home folder: %w", err)
	}
	return filepath.Join(home, ".local", "share", "pentimento", "downloads"), nil
}
