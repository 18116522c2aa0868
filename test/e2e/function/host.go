// Package function plays the Azure Functions host for the system test: it unpacks the deployed package, starts the handler in
// it with the deployed settings, and calls it by the deployed schedule, all on the clock of the system test. The handler is the
// real one; the tables that it writes are Azurite's.
//
// What is played is what the reaper can notice of the host: the environment, the timer with its runs one after the other, the
// form of the calls, and that the handler is started again when it has ended. The host's own storage and its lease are not: one
// host runs here.
package function

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"jitsi-meet-azure/functions/reaper/appservicetest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/clock"
)

// Options are what a host needs.
type Options struct {
	// Clock is that of the system test; the zero value is the real one.
	Clock clock.Clock
	// Folder is where the package is unpacked. It is made where it is not there.
	Folder string
	// Package is the deployed zip file.
	Package []byte
	// Environ are the app's deployed settings, NAME=value.
	Environ []string
	// ResourceManager is the https address at which Azure Resource Manager is played, and ResourceManagerCertificate the file
	// with its certificate as PEM.
	ResourceManager, ResourceManagerCertificate string
	// Metrics is the https address at which Azure Monitor is played, with the same certificate.
	Metrics string
	// Log takes what the host itself has to say; nil for nobody. It is called from one goroutine at a time.
	Log func(line string)
}

// Host is a running host. Its methods may be called from any goroutine.
type Host struct {
	clock    clock.Clock
	say      func(string)
	app      app
	schedule cron.Schedule
	azurite  *azuritetest.Server
	machine  *appservicetest.Machine

	environ     []string
	differences []Difference

	stop    context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	handler *process
	lines   []LogLine
	ticks   Ticks
	// crash is a request to kill the handler in the middle of a run; nil for none.
	crash *crash
}

// Start starts Azurite and the handler, and from then on calls it until ctx ends or the host is closed. It fails where Azurite
// is not installed, the package or the settings are not such as are deployed, or the handler does not answer.
func Start(ctx context.Context, o Options) (*Host, error) {
	h := &Host{clock: o.Clock, say: o.Log}
	if h.say == nil {
		h.say = func(string) {}
	}
	if err := h.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, h.release())
	}
	ctx, h.stop = context.WithCancel(ctx)
	// The timer's first occasion comes after this moment, however long the handler takes.
	first := occasion{due: h.schedule.Next(h.clock.Now().UTC())}
	handler, err := startProcess(ctx, h.app, h.environ, h.take)
	if err != nil {
		h.stop()
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, h.written()), h.release())
	}
	h.handler = handler
	h.running.Go(func() { h.run(ctx, first) })
	return h, nil
}

// prepare makes everything that the handler needs.
func (h *Host) prepare(ctx context.Context, o Options) error {
	var err error
	if h.app, err = unpack(o.Package, o.Folder); err != nil {
		return err
	}
	if h.app.program, err = filepath.Abs(h.app.program); err != nil {
		return fmt.Errorf("the handler: %w", err)
	}
	text := value(o.Environ, h.app.schedule)
	if h.schedule, err = parseSchedule(text); err != nil {
		return fmt.Errorf("%s, which the function's timer goes by: %w", h.app.schedule, err)
	}
	certificate, err := os.ReadFile(o.ResourceManagerCertificate)
	if err != nil {
		return fmt.Errorf("the certificate of the resource manager: %w", err)
	}
	if h.azurite, err = azuritetest.Start(ctx); err != nil {
		return fmt.Errorf("the reaper's tables: %w", err)
	}
	if err := h.azurite.CreateTables(ctx, azuritetest.Account, settings.Tables()...); err != nil {
		return fmt.Errorf("the reaper's tables: %w", err)
	}
	own, err := os.ReadFile(h.azurite.CertificateFile)
	if err != nil {
		return fmt.Errorf("the certificate of the tables: %w", err)
	}
	if h.machine, err = appservicetest.New(value(o.Environ, settings.ClientIDName), certificate, own); err != nil {
		return fmt.Errorf("the app's machine: %w", err)
	}
	h.environ, h.differences, err = adapt(o.Environ, surroundings{
		clock: o.Clock, resourceManager: o.ResourceManager, metrics: o.Metrics,
		tables: h.azurite.Endpoint(azuritetest.Account) + "/", machine: h.machine.Environ(),
	})
	return err
}

// release ends what prepare has made.
func (h *Host) release() error {
	if h.machine != nil {
		h.machine.Close()
	}
	if h.azurite == nil {
		return nil
	}
	return h.azurite.Close()
}

// Close ends the handler and Azurite. The audit must have been read before.
func (h *Host) Close() error {
	h.stop()
	h.running.Wait()
	return h.release()
}

// Differences are everything in the handler's environment that is not as on Azure.
func (h *Host) Differences() []Difference { return slices.Clone(h.differences) }

// Logs are all lines that the handler has written so far.
func (h *Host) Logs() []LogLine {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

// Ticks are the runs of the function so far.
func (h *Host) Ticks() Ticks {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ticks
}

// Ticks counts runs of the function.
type Ticks struct {
	// Run are those that were begun, Failed those of them that ended with an error or with the handler.
	Run, Failed int
	// Late are those of them that came due while the one before was running or the handler was not there, and that came at once
	// afterwards. Missed are occasions that never came, because another one had come due meanwhile.
	Late, Missed int
	// Crashes is how often the handler ended.
	Crashes int
	// Longest is the longest run, in real time, and Total all of them together.
	Longest, Total time.Duration
}

// take keeps a line of the handler.
func (h *Host) take(line LogLine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line)
}

// written is everything that the handler has written.
func (h *Host) written() (all string) {
	for _, line := range h.Logs() {
		all += line.Text + "\n"
	}
	return all
}
