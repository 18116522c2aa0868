package azuritetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// ErrNotInstalled says that there is no Azurite to start.
var ErrNotInstalled = errors.New("azurite is not installed: run make azurite")

// service is Azurite's table service, below the root of the repository.
const service = ".bin/azurite/node_modules/azurite/dist/src/table/main.js"

// shared is the Azurite of all tests of a package.
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Main runs a package's tests and ends the Azurite that they used. TestMain passes its answer to os.Exit.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return code
	}
	if err := shared.server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Shared is the Azurite of all tests of a package, started at its first use. Where none is installed, the test is skipped;
// in CI, where the environment variable CI is set, it fails. The package's TestMain must call [Main].
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		// Not the test's own context: the server outlives the test that happens to be the first.
		shared.server, shared.err = Start(context.WithoutCancel(tb.Context()))
	}
	switch {
	case errors.Is(shared.err, ErrNotInstalled) && os.Getenv("CI") == "":
		tb.Skip(shared.err)
	case shared.err != nil:
		tb.Fatal(shared.err)
	}
	return shared.server
}

// find gives the path of Azurite's table service in the repository that a folder lies in.
func find(folder string) (string, error) {
	root := folder
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			return "", fmt.Errorf("%w (%s is in no folder with a go.mod)", ErrNotInstalled, folder)
		}
		root = parent
	}
	program := filepath.Join(root, filepath.FromSlash(service))
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("%w (%w)", ErrNotInstalled, err)
	}
	return program, nil
}
