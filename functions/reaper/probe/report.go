package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"jitsi-meet-azure/functions/reaper/fleet"
)

const (
	anyType  = "*/*"
	jsonType = "application/json"
	// textType is Prometheus' text format. Without it the bridge may choose another.
	// Source: jitsi-videobridge, rest/root/prometheus/Prometheus.java.
	textType = "text/plain;version=0.0.4"
)

// What a problem says where a bridge was not asked.
const (
	noAddress = "no address"
	noTime    = "the tick ended first"
)

// question is one of the questions that a report is made of.
type question struct {
	name, path, accept string
	limit              int64
	read               func(report *fleet.Report, code int, body io.Reader) error
}

// questions are asked in this order over one connection. The bridge's own word on its health comes first because it costs
// the bridge least: it answers with the result of its last check.
// Source: jitsi-videobridge, JvbHealthChecker; jicoco, HealthChecker.
func questions() []question {
	return []question{
		{"health", "/about/health", anyType, maxSmall, readHealth},
		{"stats", "/colibri/stats", jsonType, maxStats, readStats},
		{"drain", "/colibri/drain", jsonType, maxSmall, readDrain},
		{"metrics", "/metrics", textType, maxMetrics, readStarted},
	}
}

// Report asks one bridge, for at most six seconds. It never fails: what went wrong is in the report. The first question
// without an answer to rely on ends it, because a report is all or nothing.
func (c *Client) Report(ctx context.Context, machine fleet.Machine) fleet.Report {
	if !machine.Address.IsValid() {
		return fleet.Report{Problem: noAddress}
	}
	if ctx.Err() != nil {
		return fleet.Report{Problem: noTime}
	}
	limited, cancel := context.WithTimeout(ctx, bridgeLimit)
	defer cancel()
	var report fleet.Report
	for i, q := range questions() {
		err := c.send(limited, request{
			method: http.MethodGet, url: c.url(machine.Address, q.path), accept: q.accept, limit: q.limit,
			read: func(code int, body io.Reader) error { return q.read(&report, code, body) },
		})
		if err != nil {
			return failed(ctx, q, i == 0, err)
		}
	}
	report.Outcome = fleet.OutcomeAnswered
	return report
}

// failed is the report on a bridge that left a question without an answer to rely on.
func failed(ctx context.Context, q question, first bool, err error) fleet.Report {
	found := outcome(err, first)
	if found == fleet.OutcomeSilent && ctx.Err() != nil {
		// The reaper stopped listening; whether the bridge would have answered, nobody knows.
		return fleet.Report{Problem: noTime}
	}
	return fleet.Report{Outcome: found, Problem: fmt.Sprintf("%s: %v", q.name, err)}
}

// Reports asks all bridges and returns their reports in the same order, no later than ctx ends. Bridges that it did not get
// to by then are not asked.
func (c *Client) Reports(ctx context.Context, machines []fleet.Machine) []fleet.Report {
	defer c.Close()
	reports := make([]fleet.Report, len(machines))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(c.concurrency, len(machines)) {
		workers.Go(func() {
			for i := range next {
				reports[i] = c.inTurn(ctx, machines[i])
			}
		})
	}
	for i := range machines {
		select {
		case next <- i:
		case <-ctx.Done():
			reports[i].Problem = noTime
		}
	}
	close(next)
	workers.Wait()
	return reports
}

// inTurn asks a bridge as soon as one of the client's places is free: the shards of a tick are asked at the same time, and
// what a connection takes of the memory adds up.
func (c *Client) inTurn(ctx context.Context, machine fleet.Machine) fleet.Report {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
		return c.Report(ctx, machine)
	case <-ctx.Done():
		return fleet.Report{Problem: noTime}
	}
}
