package mirror

import (
	"context"
	"time"
)

// DeletionTimeout is for tests.
var DeletionTimeout = deletionTimeout

// Poll polls as a mirror does.
func Poll(ctx context.Context, timeout time.Duration, look func(context.Context) (bool, error)) (bool, error) {
	m := Mirror{interval: lookInterval}
	return m.poll(ctx, timeout, look)
}
