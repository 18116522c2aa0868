package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// silence keeps Pulumi from writing its log of every run below its home: at debug level, compressed and encrypted, it
// takes 40 % of the engine's time and hundreds of megabytes in a day of tests, and nothing can switch it off. Pulumi goes
// without where it cannot make the folder, and here a file is in its place. `pulumi -v=9 --logtostderr` still tells all.
func silence(home string) error {
	logs := filepath.Join(home, "logs")
	info, err := os.Lstat(logs)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("look for Pulumi's logs: %w", err)
	case !info.IsDir():
		return nil
	}
	// Other runs may do the same at the same moment, or write a last log: whoever loses leaves it to the next run.
	if os.RemoveAll(logs) != nil {
		return nil //nolint:nilerr // see above: logs cost time, they break nothing.
	}
	file, err := os.OpenFile(logs, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	return file.Close()
}
