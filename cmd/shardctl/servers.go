package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

// serving is how one proxy sees one shard.
type serving struct {
	// up says that the shard passes the proxy's health check and is not in maintenance.
	up bool
	// drained says that an operator keeps new rooms away.
	drained bool
	// weight is 0 while the proxy itself keeps new rooms away: the shard is drained, not well, or not yet well for long enough.
	weight int
}

// closed says that the shard gets no new rooms even if it is up.
func (s serving) closed() bool { return s.drained || s.weight == 0 }

func (s serving) String() string {
	switch {
	case !s.up:
		return "down"
	case s.drained:
		return "drained"
	case s.weight == 0:
		return "closed"
	default:
		return "serving"
	}
}

// view is how one proxy sees all shards.
func (o *operator) view(ctx context.Context, proxy string) (map[string]serving, error) {
	text, err := o.runtime(ctx, proxy, "show servers state "+config.BackendName)
	if err != nil {
		return nil, err
	}
	view, err := parseServers(text)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy, err)
	}
	return view, nil
}

// eachView looks at all shards through one proxy after the other, until one look fails.
func (o *operator) eachView(ctx context.Context, proxies []string, look func(proxy string, view map[string]serving) error) error {
	for _, proxy := range proxies {
		view, err := o.view(ctx, proxy)
		if err != nil {
			return err
		}
		if err := look(proxy, view); err != nil {
			return err
		}
	}
	return nil
}

// HAProxy's codes in "show servers state". Source: HAProxy 2.6 management guide.
const (
	operationalRunning = 2
	adminMaintenance   = 0x01 | 0x02 | 0x04 | 0x20
	adminDrain         = 0x08 | 0x10
)

func parseServers(text string) (map[string]serving, error) {
	var columns []string
	view := map[string]serving{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 1 && fields[0] == "#":
			columns = fields[1:]
			continue
		case columns == nil || len(fields) < len(columns):
			continue
		}
		row := map[string]string{}
		for index, column := range columns {
			row[column] = fields[index]
		}
		state, err := parseServer(row)
		if err != nil {
			return nil, err
		}
		view[row["srv_name"]] = state
	}
	if columns == nil {
		return nil, fmt.Errorf("the proxy does not list its servers but says %q", text)
	}
	return view, nil
}

func parseServer(row map[string]string) (serving, error) {
	operational, err := strconv.Atoi(row["srv_op_state"])
	admin, err2 := strconv.Atoi(row["srv_admin_state"])
	weight, err3 := strconv.Atoi(row["srv_uweight"])
	if err := errors.Join(err, err2, err3); err != nil {
		return serving{}, fmt.Errorf("reading the proxy's servers: %w", err)
	}
	return serving{
		up: operational == operationalRunning && admin&adminMaintenance == 0, drained: admin&adminDrain != 0, weight: weight,
	}, nil
}
