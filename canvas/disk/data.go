package disk

import (
	"fmt"
	"os"
	"path/filepath"
)

// DataDir is a folder of this user's data of that name, beside other programs' data and not
// their settings. It need not be there yet; the error says that the system names no place.
func DataDir(name string) (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "pentimento", name), nil
	}
	dir, err := systemData()
	if err != nil {
		return "", fmt.Errorf("no folder for data: %w", err)
	}
	return filepath.Join(dir, name), nil
}
