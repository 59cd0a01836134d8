//go:build windows || darwin

package fetch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// systemDir is in Application Support on macOS, and in the local part of the profile on
// Windows, which does not travel.
func systemDir() (string, error) {
	dir := os.Getenv("LocalAppData")
	if runtime.GOOS == "darwin" || dir == "" {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", fmt.Errorf("downloads: no folder for data: %w", err)
		}
	}
	return filepath.Join(dir, "Pentimento", "downloads"), nil
}
