//go:build windows || darwin

package disk

import (
	"os"
	"path/filepath"
	"runtime"
)

// systemData is in Application Support on macOS, and in the local part of the profile on
// Windows, which does not travel.
func systemData() (string, error) {
	dir := os.Getenv("LocalAppData")
	if runtime.GOOS == "darwin" || dir == "" {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "Pentimento"), nil
}
