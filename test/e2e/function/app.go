package function

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// maxFile bounds each file of a package, in bytes. The handler has 15 MB.
const maxFile = 200 << 20

// app is what the package says of itself.
type app struct {
	// name is the function's, the folder of its function.json.
	name string
	// program is the handler's path on this machine, folder the app's.
	program, folder string
	// schedule is the setting with the timer's schedule.
	schedule string
	// limit is how long one run may take.
	limit time.Duration
}

// hostFile is host.json, as far as the host goes by it here.
// Source: Azure docs, functions-host-json and functions-custom-handlers.
type hostFile struct {
	Version         string
	FunctionTimeout string
	CustomHandler   struct {
		Description struct{ DefaultExecutablePath, WorkingDirectory string }
	}
}

// functionFile is function.json. Source: Azure docs, functions-bindings-timer.
type functionFile struct {
	Bindings []struct {
		Type, Direction, Name, Schedule string
		UseMonitor, RunOnStartup        bool
	}
}

// unpack puts a package into a folder, as the host does, and reads what it says of itself.
func unpack(content []byte, folder string) (app, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return app{}, fmt.Errorf("the package is no zip file: %w", err)
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return app{}, fmt.Errorf("a folder for the package: %w", err)
	}
	var functions []string
	for _, file := range archive.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		if !fs.ValidPath(file.Name) || !file.Mode().IsRegular() {
			return app{}, fmt.Errorf("the package has %q, which is no file of its own", file.Name)
		}
		if err := extract(file, filepath.Join(folder, filepath.FromSlash(file.Name))); err != nil {
			return app{}, fmt.Errorf("unpacking %s: %w", file.Name, err)
		}
		if parent, base := path.Split(file.Name); base == "function.json" {
			functions = append(functions, path.Clean(parent))
		}
	}
	if len(functions) != 1 {
		return app{}, fmt.Errorf("the package has %d functions, not one: %v", len(functions), functions)
	}
	return describe(folder, functions[0])
}

func extract(file *zip.File, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	source, err := file.Open()
	if err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(source, maxFile+1))
	if err := errors.Join(err, source.Close()); err != nil {
		return err
	}
	if len(content) > maxFile {
		return fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return os.WriteFile(target, content, file.Mode().Perm())
}

// describe reads host.json and the function's function.json.
func describe(folder, name string) (app, error) {
	var host hostFile
	if err := readJSON(filepath.Join(folder, "host.json"), &host); err != nil {
		return app{}, err
	}
	var function functionFile
	if err := readJSON(filepath.Join(folder, name, "function.json"), &function); err != nil {
		return app{}, err
	}
	limit, err := parseLimit(host.FunctionTimeout)
	if err != nil {
		return app{}, err
	}
	handler := host.CustomHandler.Description
	if host.Version != "2.0" || !filepath.IsLocal(handler.DefaultExecutablePath) || handler.WorkingDirectory != "" {
		return app{}, fmt.Errorf("host.json describes no custom handler of its package: %+v", host)
	}
	schedule, err := function.schedule()
	if err != nil {
		return app{}, fmt.Errorf("%s: %w", name, err)
	}
	return app{
		name: name, folder: folder, program: filepath.Join(folder, handler.DefaultExecutablePath), schedule: schedule, limit: limit,
	}, nil
}

// schedule is the setting with the schedule of the function's timer.
func (f functionFile) schedule() (setting string, err error) {
	if len(f.Bindings) != 1 {
		return "", fmt.Errorf("it has %d bindings, not one timer", len(f.Bindings))
	}
	timer := f.Bindings[0]
	setting, ok := reference(timer.Schedule)
	if timer.Type != "timerTrigger" || timer.Direction != "in" || timer.Name != "timer" {
		return "", fmt.Errorf("it is not called by a timer: %+v", timer)
	}
	if timer.RunOnStartup || !timer.UseMonitor || !ok {
		return "", fmt.Errorf("its timer is not a monitored one whose schedule is a setting: %+v", timer)
	}
	return setting, nil
}

// reference is the setting that a text in function.json stands for.
func reference(text string) (setting string, ok bool) {
	setting, start := strings.CutPrefix(text, "%")
	setting, end := strings.CutSuffix(setting, "%")
	return setting, start && end && setting != "" && !strings.Contains(setting, "%")
}

// parseLimit reads a time such as 00:05:00.
func parseLimit(text string) (time.Duration, error) {
	at, err := time.Parse(time.TimeOnly, text)
	limit := at.Sub(time.Date(0, time.January, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || limit <= 0 {
		return 0, fmt.Errorf("host.json: functionTimeout: %q is not hours, minutes and seconds", text)
	}
	return limit, nil
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the package has no %s: %w", filepath.Base(file), err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}
