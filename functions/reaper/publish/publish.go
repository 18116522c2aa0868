// Package publish tells Azure Monitor how loaded the bridges of a shard are, as custom metrics of its scale set, on which the
// shard's autoscale rules can then be written. Package gauge has their names.
//
// Nothing depends on an answer: what could not be published in time is left out, and the next tick has newer numbers. A value
// that gets lost is a minute without one. Of a metric without any value in a rule's window Azure's engine makes at most the profile's
// default count of machines, which is its minimum unless it was configured higher; the other rules go on.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

const (
	// Scope is what tokens are asked for. Their audience ends in a slash, which belongs to it.
	// Source: Azure docs, metrics-store-custom-rest-api.
	Scope = "https://monitoring.azure.com//.default"
	// limit is how long publishing may take, for both metrics of a shard with a repetition each.
	limit = 5 * time.Second
	// tryLimit is how long one attempt may take. There is one repetition: the next tick is the better one. A value that arrives
	// twice changes no average of its minute.
	tryLimit   = 2 * time.Second
	maxRetries = 1
	retryDelay = 200 * time.Millisecond
	// maxDelay is the longest pause before the repetition. Where Azure asks for more by Retry-After, the call fails at once.
	// Source: azcore, runtime/policy_retry.go.
	maxDelay = time.Second
	// module and version name this client to Azure.
	module  = "jitsi-meet-azure/reaper/publish"
	version = "v1.0.0"
)

// Azure publishes to Azure Monitor. It may be used by several goroutines.
type Azure struct {
	endpoint string
	client   *azcore.Client
}

// New returns a client of the part of Azure Monitor that takes metrics of the resources in one region: its https address, for
// example https://westeurope.monitoring.azure.com. It calls nobody yet. A nil transport stands for one of its own.
// Source: Azure docs, metrics-store-custom-rest-api.
func New(credential azcore.TokenCredential, endpoint string, transport policy.Transporter) (*Azure, error) {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return nil, errors.New("the address for metrics is no URL") // its text may carry a secret
	}
	more := parsed.User != nil || parsed.Path != "" || strings.ContainsAny(endpoint, "?#")
	if parsed.Scheme != "https" || !trusted(parsed.Hostname()) || more {
		// Whatever it is, it may carry a secret.
		return nil, errors.New("the address for metrics is not https://REGION.monitoring.azure.com and nothing more")
	}
	if credential == nil {
		return nil, errors.New("no credential for metrics")
	}
	if transport == nil {
		transport = newTransport()
	}
	client, err := azcore.NewClient(module, version,
		runtime.PipelineOptions{PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(credential, []string{Scope}, nil)}},
		&policy.ClientOptions{
			Retry: policy.RetryOptions{
				MaxRetries: maxRetries, TryTimeout: tryLimit, RetryDelay: retryDelay, MaxRetryDelay: maxDelay,
			},
			Transport: limited{transport},
		})
	if err != nil {
		return nil, fmt.Errorf("client for metrics: %w", err)
	}
	return &Azure{endpoint: endpoint, client: client}, nil
}

// trusted says that a token may go to a host: to Azure Monitor, and to this machine, where tests play it.
func trusted(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.HasSuffix(host, ".monitoring.azure.com") || err == nil && address.IsLoopback()
}

// Publish tells what the stress of a shard's bridges was at a moment: which of them count is the caller's to say. A moment that
// is more than 20 minutes ago, or more than five ahead, Azure refuses. It takes at most five seconds. Both metrics are tried,
// whatever becomes of the other; the error joins what went wrong.
// Source: Azure docs, metrics-custom-overview.
func (a *Azure) Publish(ctx context.Context, scaleSetID string, at time.Time, stress []float64) error {
	path, err := metricsPath(scaleSetID)
	if err != nil {
		return err
	}
	metrics, err := metrics(at, stress)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	problems := make([]error, len(metrics))
	var all sync.WaitGroup
	for i, metric := range metrics {
		all.Go(func() {
			if err := a.post(ctx, path, metric); err != nil {
				problems[i] = fmt.Errorf("publishing %s: %w", metric.name(), err)
			}
		})
	}
	all.Wait()
	return errors.Join(problems...)
}

// post sends one metric.
func (a *Azure) post(ctx context.Context, path string, metric document) error {
	body, err := metric.encode()
	if err != nil {
		return err
	}
	request, err := runtime.NewRequest(ctx, http.MethodPost, runtime.JoinPaths(a.endpoint, path))
	if err != nil {
		return err
	}
	if err := request.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json"); err != nil {
		return err
	}
	response, err := a.client.Pipeline().Do(request)
	if err != nil {
		return brief(err)
	}
	defer func() { _ = response.Body.Close() }()
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusAccepted, http.StatusNoContent) {
		return brief(runtime.NewResponseError(response))
	}
	answer, err := io.ReadAll(response.Body) // bounded, and read already
	if err != nil {
		return err
	}
	return accepted(answer)
}
