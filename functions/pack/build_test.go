package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/host"
	"jitsi-meet-azure/functions/reaper/settings"
)

const project = "../.."

func TestBuildShipsTheReaper(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	first, err := build(t.Context(), project, out)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range archive.File {
		names = append(names, entry.Name)
		if executable := entry.Mode()&0o111 != 0; executable != (entry.Name == Handler) {
			t.Errorf("%s has mode %v", entry.Name, entry.Mode())
		}
	}
	if want := []string{"handler", "host.json", "reaper/function.json"}; !slices.Equal(names, want) {
		t.Errorf("the package holds %v, want %v", names, want)
	}
	handler, err := fs.ReadFile(archive, Handler)
	if err != nil {
		t.Fatal(err)
	}
	checkHandler(t, handler)
	if left, _ := os.ReadDir(out); len(left) != 2 {
		t.Errorf("the build left %v behind, want the archive and its stamp", left)
	}
	if size := len(content); size > 15<<20 {
		t.Errorf("the package takes %d bytes, more than 15 MB", size)
	}
}

// checkHandler wants a static program for Azure's Linux workers, which says nothing about the machine it was built on.
func checkHandler(t *testing.T, handler []byte) {
	t.Helper()
	program, err := elf.NewFile(bytes.NewReader(handler))
	if err != nil {
		t.Fatal(err)
	}
	if program.Machine != elf.EM_X86_64 {
		t.Errorf("the handler is for %v", program.Machine)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			t.Error("the handler wants a dynamic linker")
		}
	}
	folder, err := filepath.Abs(project)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(handler, []byte(folder)) {
		t.Errorf("the handler carries the folder %s", folder)
	}
}

// Two builds, even with different surroundings, give the same bytes, and the second leaves the file alone.
func TestBuildIsReproducible(t *testing.T) {
	out, other := t.TempDir(), t.TempDir()
	first, err := build(t.Context(), project, out)
	if err != nil {
		t.Fatal(err)
	}
	past := time.Date(2020, time.February, 29, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(first.Path, past, past); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOS", "windows")
	t.Setenv("CGO_ENABLED", "1")
	t.Setenv("GOFLAGS", "-tags=somebody_elses")
	second, err := build(t.Context(), project, out)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := build(t.Context(), project, other)
	if err != nil {
		t.Fatal(err)
	}
	if first != second || first.Hash != elsewhere.Hash {
		t.Errorf("builds differ: %v, %v, %v", first, second, elsewhere)
	}
	if info, err := os.Stat(first.Path); err != nil || !info.ModTime().Equal(past) {
		t.Errorf("an unchanged package was written again (%v)", err)
	}
}

// Whatever has become of the archive since, the next build mends it.
func TestBuildDoesNotTrustADamagedPackage(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	first, err := build(t.Context(), project, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func() error{
		func() error { return os.WriteFile(first.Path, []byte("PK"), 0o600) },
		func() error { return os.Remove(first.Path) },
		func() error { return os.WriteFile(filepath.Join(out, stampName), nil, 0o600) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		again, err := build(t.Context(), project, out)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(again.Path)
		if err != nil || again != first || digest(content) != first.Hash {
			t.Errorf("built %v (%v), want %v", again, err, first)
		}
	}
}

func TestBuildWithoutGoSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := build(t.Context(), project, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "needs a Go toolchain on the PATH") {
		t.Errorf("error %v", err)
	}
}

func TestBuildShowsWhatTheCompilerSaid(t *testing.T) {
	t.Parallel()
	broken := t.TempDir()
	writeFile(t, broken, "go.mod", "module broken\n\ngo 1.26\n")
	writeFile(t, broken, "functions/reaper/main.go", "package main\n\nfunc main() { undefinedName() }\n")
	_, err := build(t.Context(), broken, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedName") || !strings.Contains(err.Error(), "go build") {
		t.Errorf("error %v", err)
	}
}

func TestBuildWantsALayout(t *testing.T) {
	t.Parallel()
	bare := t.TempDir()
	writeFile(t, bare, "go.mod", "module bare\n\ngo 1.26\n")
	writeFile(t, bare, "functions/reaper/main.go", "package main\n\nfunc main() {}\n")
	if _, err := Build(t.Context(), bare); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one about the missing folder", err)
	}
}

func TestBuildStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := build(ctx, project, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	target := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What lies in the layout has to agree with the program and with the stack.
func TestLayoutAgreesWithTheProgram(t *testing.T) {
	t.Parallel()
	var app struct {
		FunctionTimeout string `json:"functionTimeout"`
		CustomHandler   struct {
			Description struct {
				DefaultExecutablePath string `json:"defaultExecutablePath"`
			} `json:"description"`
		} `json:"customHandler"`
	}
	decode(t, "host.json", &app)
	if path := app.CustomHandler.Description.DefaultExecutablePath; path != Handler {
		t.Errorf("host.json starts %q, the package holds %q", path, Handler)
	}
	clock, err := time.Parse(time.TimeOnly, app.FunctionTimeout)
	if err != nil {
		t.Fatal(err)
	}
	timeout := clock.Sub(clock.Truncate(24 * time.Hour))
	if timeout <= host.TickLimit {
		t.Errorf("host.json ends a tick after %v, before its own limit of %v", timeout, host.TickLimit)
	}
	var function struct {
		Bindings []struct {
			Type, Direction, Name, Schedule string
			UseMonitor, RunOnStartup        bool
		} `json:"bindings"`
	}
	decode(t, "reaper/function.json", &function)
	if len(function.Bindings) != 1 {
		t.Fatalf("function.json has %d bindings", len(function.Bindings))
	}
	binding := function.Bindings[0]
	if binding.Type != "timerTrigger" || binding.Direction != "in" || binding.RunOnStartup || !binding.UseMonitor {
		t.Errorf("binding %+v", binding)
	}
	if want := "%" + settings.ScheduleName + "%"; binding.Schedule != want {
		t.Errorf("the schedule is %q, want the setting %q", binding.Schedule, want)
	}
}

func decode(t *testing.T, name string, out any) {
	t.Helper()
	file, err := os.Open(filepath.Join(project, layout, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, out); err != nil {
		t.Fatal(err)
	}
}
