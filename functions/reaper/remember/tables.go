package remember

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

const (
	// A call that storage does not answer ends after three tries of five seconds and two waits of at most five, well within a
	// tick. Storage that asks for a longer wait (Retry-After) is not waited for: there is a next tick.
	tryLimit, tries, waitLimit = 5 * time.Second, 3, 5 * time.Second
	// firstWait is about how long the first wait is, where storage does not ask for one.
	firstWait = 500 * time.Millisecond
)

// Tables is the memory in a storage account. Any number of goroutines may use it.
type Tables struct{ store }

var _ Store = (*Tables)(nil)

// NewTables connects to the tables of the storage account at an endpoint such as https://account.table.core.windows.net, with
// a right to read and write rows. It calls nobody yet. Of the options, which may be nil, what is not set is made fit for a
// tick: short tries, few of them.
func NewTables(endpoint string, credential azcore.TokenCredential, options *aztables.ClientOptions) (*Tables, error) {
	if err := checkEndpoint(endpoint); err != nil {
		return nil, err
	}
	service, err := aztables.NewServiceClient(strings.TrimRight(endpoint, "/"), credential, withDefaults(options))
	if err != nil {
		return nil, fmt.Errorf("connecting to the reaper's tables: %w", err)
	}
	return &Tables{store{
		machines:  remote{service.NewClient(Machines)},
		decisions: remote{service.NewClient(Decisions)},
		usage:     remote{service.NewClient(Usage)},
	}}, nil
}

func checkEndpoint(endpoint string) error {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("the endpoint of the reaper's tables: %w", err)
	}
	// In a query could be a key to the account, which would end up in errors; a token needs TLS.
	if parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return errors.New("the endpoint of the reaper's tables must be https://, a host and at most a path")
	}
	return nil
}

// withDefaults fills in what the options leave open.
func withDefaults(options *aztables.ClientOptions) *aztables.ClientOptions {
	var filled aztables.ClientOptions
	if options != nil {
		filled = *options
	}
	retry := &filled.Retry
	retry.MaxRetries = cmp.Or(retry.MaxRetries, tries-1)
	retry.TryTimeout = cmp.Or(retry.TryTimeout, tryLimit)
	retry.RetryDelay = cmp.Or(retry.RetryDelay, firstWait)
	retry.MaxRetryDelay = cmp.Or(retry.MaxRetryDelay, waitLimit)
	if filled.Transport == nil {
		filled.Transport = newTransport()
	}
	filled.Transport = limited{filled.Transport}
	filled.PerRetryPolicies = append([]policy.Policy{answers{}}, filled.PerRetryPolicies...)
	return &filled
}

// remote is a table in a storage account.
type remote struct{ client *aztables.Client }

func (t remote) insert(ctx context.Context, entity []byte) (string, error) {
	answer, err := t.client.AddEntity(ctx, entity, nil)
	if err != nil {
		return "", explain(err)
	}
	return version(answer.ETag)
}

func (t remote) replace(ctx context.Context, entity []byte, old string) (string, error) {
	answer, err := t.client.UpdateEntity(ctx, entity, &aztables.UpdateEntityOptions{
		IfMatch: to.Ptr(azcore.ETag(old)), UpdateMode: aztables.UpdateModeReplace,
	})
	if err != nil {
		return "", explain(err)
	}
	return version(answer.ETag)
}

func (t remote) remove(ctx context.Context, partition, key, old string) error {
	_, err := t.client.DeleteEntity(ctx, partition, key, &aztables.DeleteEntityOptions{IfMatch: to.Ptr(azcore.ETag(old))})
	return explain(err)
}

func (t remote) submit(ctx context.Context, changes []change) error {
	actions := make([]aztables.TransactionAction, 0, len(changes))
	for _, c := range changes {
		action := aztables.TransactionAction{ActionType: aztables.TransactionTypeInsertReplace, Entity: c.entity}
		if c.remove {
			action.ActionType = aztables.TransactionTypeDelete
		}
		actions = append(actions, action)
	}
	_, err := t.client.SubmitTransaction(ctx, actions, nil)
	return explain(err)
}

func (t remote) list(ctx context.Context, q query) (entities [][]byte, complete bool, err error) {
	pager := t.client.NewListEntitiesPager(q.options())
	for page := 0; pager.More() && page < q.pages && (q.rows == 0 || len(entities) < q.rows); page++ {
		answer, err := pager.NextPage(ctx)
		if err != nil {
			return nil, false, explain(err)
		}
		entities = append(entities, answer.Entities...)
	}
	return entities, !pager.More(), nil
}

// options writes the query in the language of storage. Its keys are names of shards and days, which need no escaping.
func (q query) options() *aztables.ListEntitiesOptions {
	filter := "PartitionKey eq '" + q.partition + "'"
	if q.below != "" {
		filter = "PartitionKey ge '" + q.partition + "' and PartitionKey lt '" + q.below + "'"
	}
	// Only with full metadata is it documented that every row comes with its version.
	// Source: Azure docs, Payload format for Table service operations.
	options := &aztables.ListEntitiesOptions{Filter: &filter, Format: to.Ptr(aztables.MetadataFormatFull)}
	if q.keys {
		options.Select = to.Ptr("PartitionKey,RowKey")
	}
	if q.rows > 0 {
		options.Top = to.Ptr(int32(q.rows))
	}
	return options
}
