// Package azuritetest runs Azurite, the emulator of Azure's storage, for tests: tables over TLS that take nothing but bearer
// tokens, as the deployed account does. `make azurite` installs it.
//
// It is a package of its own, not a test file, so that the tests of the built program can use it as well.
package azuritetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

const (
	// Account is the storage account for most tests.
	Account = "meet"
	// Empty is one in which nobody should make tables.
	Empty = "empty"
	// startLimit is how long Azurite may take to start. It takes two seconds where nothing else is going on.
	startLimit = 60 * time.Second
	// attempts is how often it is started: another program may take the free port that was found for it.
	attempts = 3
	// sharedKey is what Azurite insists on having for each account. Nobody uses it.
	sharedKey = "bm90aGluZyB1c2VzIHRoaXM="
	// guard runs Azurite until standard input ends. The pipe to it ends with this process however it ends, so that a test
	// that is killed leaves no Azurite behind.
	guard = `process.stdin.on("end", () => process.exit(0)).resume(); require(process.env.AZURITE_MAIN)`
	// started is the end of what Azurite prints, also with --silent, when it listens.
	started = "successfully started on"
)

// Server is a running Azurite.
type Server struct {
	// CertificateFile holds its self-made certificate as PEM. A program that is run with SSL_CERT_FILE naming it trusts it.
	CertificateFile string

	address string
	client  *http.Client
	folder  string
	stdin   io.Closer
	process *os.Process
	ended   chan struct{}
}

// Start starts an Azurite that keeps everything in memory, on a free port of the loopback address. It fails with
// [ErrNotInstalled] where there is none.
func Start(ctx context.Context) (*Server, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("looking for Azurite: %w", err)
	}
	program, err := find(here)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	folder, err := os.MkdirTemp("", "azurite")
	if err != nil {
		return nil, fmt.Errorf("a folder for Azurite: %w", err)
	}
	server := &Server{folder: folder, CertificateFile: filepath.Join(folder, "certificate.pem")}
	keyFile := filepath.Join(folder, "key.pem")
	if server.client, err = newCertificate(server.CertificateFile, keyFile); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	for range attempts {
		if err = server.start(ctx, program, keyFile); err == nil {
			return server, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(err, os.RemoveAll(folder))
}

func (s *Server) start(ctx context.Context, program, keyFile string) error {
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	s.address = net.JoinHostPort("127.0.0.1", port)
	// The process outlives the context of its start; Close ends it.
	//nolint:gosec // the program is the one that make azurite has installed
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "node", "-e", guard, "azurite-table",
		"--silent", "--disableTelemetry", "--inMemoryPersistence",
		"--skipApiVersionCheck", "--oauth", "basic", "--cert", s.CertificateFile, "--key", keyFile,
		"--tableHost", "127.0.0.1", "--tablePort", port)
	cmd.Dir = s.folder
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "AZURITE_MAIN=" + program,
		fmt.Sprintf("AZURITE_ACCOUNTS=%s:%s;%s:%s", Account, sharedKey, Empty, sharedKey),
	}
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("starting Azurite: %w", err)
	}
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting Azurite: %w", err)
	}
	s.process, s.ended = cmd.Process, make(chan struct{})
	go func() {
		_ = cmd.Wait() // How it ended tells nothing: it is killed.
		_ = writer.Close()
		close(s.ended)
	}()
	return s.await(ctx, reader)
}

// await waits until Azurite says that it listens, and ends it where it does not.
func (s *Server) await(ctx context.Context, output io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		var said strings.Builder
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if strings.Contains(lines.Text(), started) {
				ready <- nil
				_, _ = io.Copy(io.Discard, output)
				return
			}
			said.WriteString(lines.Text() + "\n")
		}
		ready <- fmt.Errorf("azurite ended before it listened:\n%s", said.String())
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case err := <-ready:
		if err != nil {
			s.stop()
		}
		return err
	case <-ctx.Done():
		s.stop()
		return fmt.Errorf("waiting for Azurite: %w", ctx.Err())
	}
}

// Close ends Azurite and forgets all that it held.
func (s *Server) Close() error {
	s.stop()
	s.client.CloseIdleConnections()
	return os.RemoveAll(s.folder)
}

// stop ends the process at once: it has nothing to save.
func (s *Server) stop() {
	_ = s.process.Kill() // It may have ended by itself.
	<-s.ended
	_ = s.stdin.Close()
}

// Endpoint is the address of an account's tables, in the form of a storage account's.
func (s *Server) Endpoint(account string) string { return "https://" + s.address + "/" + account }

// Client trusts Azurite's certificate. It is a transport for the options of a client of Azure.
func (s *Server) Client() *http.Client { return s.client }

// CreateTables makes tables in an account. Those that are there already are left as they are.
func (s *Server) CreateTables(ctx context.Context, account string, names ...string) error {
	options := &aztables.ClientOptions{}
	options.Transport = s.client
	service, err := aztables.NewServiceClient(s.Endpoint(account), Credential{}, options)
	if err != nil {
		return fmt.Errorf("connecting to Azurite: %w", err)
	}
	for _, name := range names {
		_, err := service.CreateTable(ctx, name, nil)
		var answer *azcore.ResponseError
		if err != nil && (!errors.As(err, &answer) || answer.ErrorCode != string(aztables.TableAlreadyExists)) {
			return fmt.Errorf("making the table %s: %w", name, err)
		}
	}
	return nil
}

// freePort finds a port on which nothing listens at the moment.
func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("looking for a free port: %s is no TCP address", listener.Addr())
	}
	return strconv.Itoa(address.Port), nil
}
