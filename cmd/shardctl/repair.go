package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/haproxy/config"
)

// lateAnswers is how long after a room has been put somewhere a request from before may still write another shard into the
// table: proxies write when the shard answers, if they did not have the room when it was asked, and BOSH may take 60 s for that.
const lateAnswers = 65 * time.Second

// repairTime bounds how long a repair is tried.
const repairTime = 5 * time.Minute

// repair puts a room onto one shard, in the tables of all proxies.
func (o *operator) repair(ctx context.Context, arguments []string) error {
	key := keyOf(arguments[0])
	proxies, incomplete := o.proxies(ctx)
	if len(proxies) == 0 {
		return errors.Join(errors.New("no proxy can be told"), incomplete)
	}
	shard, err := o.destination(ctx, proxies, key, arguments[1:])
	if err != nil {
		return err
	}
	if err := o.requireUp(ctx, proxies, shard); err != nil {
		return err
	}
	o.say("putting key=%s onto shard %s", key, shard)
	if err := o.settle(ctx, key, shard); err != nil {
		return err
	}
	o.say("every proxy has the room on shard %s; users on another shard come over with their next keep-alive, within two minutes", shard)
	if incomplete != nil {
		return fmt.Errorf("not every proxy was told: %w; give the command again when all are ready", incomplete)
	}
	return nil
}

// destination is the shard that was asked for; otherwise the one where most proxies have the room; otherwise the only one
// whose Jicofo has a conference in it.
func (o *operator) destination(ctx context.Context, proxies []string, key string, given []string) (string, error) {
	if len(given) > 0 {
		return given[0], o.requireShard(ctx, given[0])
	}
	where, err := o.placed(ctx, proxies, key)
	if err != nil {
		return "", err
	}
	shards := where.shards()
	slices.SortStableFunc(shards, func(a, b string) int { return len(where[b]) - len(where[a]) })
	if len(shards) == 1 || len(shards) > 1 && len(where[shards[0]]) > len(where[shards[1]]) {
		return shards[0], nil
	}
	counted, err := o.counted(ctx)
	if err != nil {
		return "", fmt.Errorf("the proxies do not decide it (%s) and Jicofo cannot be asked: %w; name the shard", where, err)
	}
	if len(counted[key]) != 1 {
		return "", fmt.Errorf("the proxies do not decide it (%s), nor does Jicofo (shards: %s); name the shard",
			where, strings.Join(counted[key], ", "))
	}
	return counted[key][0], nil
}

// requireUp refuses a shard that some proxy could not put a room onto.
func (o *operator) requireUp(ctx context.Context, proxies []string, shard string) error {
	return o.eachView(ctx, proxies, func(proxy string, view map[string]serving) error {
		if !view[shard].up {
			return fmt.Errorf("proxy %s has shard %s down", proxy, shard)
		}
		return nil
	})
}

// settle puts a room onto a shard until every proxy has it there, and still has it when late answers are over.
func (o *operator) settle(ctx context.Context, key, shard string) error {
	ctx, cancel := context.WithTimeout(ctx, repairTime)
	defer cancel()
	var since time.Time // when the proxies were first found to agree
	return o.until(ctx, "until every proxy has the room on shard "+shard, func(ctx context.Context) (string, error) {
		proxies, _ := o.proxies(ctx) // those that are ready; who is missing is said in the end
		if len(proxies) == 0 {
			return "no proxy is ready", nil
		}
		where, err := o.placed(ctx, proxies, key)
		if err != nil {
			return "", err
		}
		if len(where[shard]) == len(proxies) {
			if since.IsZero() {
				since = o.now()
			}
			if o.now().Sub(since) >= o.late {
				return "", nil
			}
			return fmt.Sprintf("they have, and are watched for %s for answers to earlier requests", o.late), nil
		}
		since = time.Time{}
		return where.String(), o.pinAll(ctx, proxies, key, shard)
	})
}

func (o *operator) pinAll(ctx context.Context, proxies []string, key, shard string) error {
	var problems []error
	for _, proxy := range proxies {
		problems = append(problems, o.pin(ctx, proxy, key, shard))
	}
	return errors.Join(problems...)
}

// pin puts a room onto a shard through one proxy, whose answer says where the room is now.
func (o *operator) pin(ctx context.Context, proxy, key, shard string) error {
	text, err := o.tell(ctx, proxy, config.DefaultPorts().Pin, fmt.Sprintf("GET /?key=%s&shard=%s HTTP/1.0\r\n\r\n", key, shard))
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		return fmt.Errorf("proxy %s: reading its answer: %w", proxy, err)
	}
	_ = answer.Body.Close() // it was read from a string
	if at := answer.Header.Get("X-Served-By"); at != shard || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("proxy %s does not put the room onto shard %s but answers %s, from shard %q", proxy, shard, answer.Status, at)
	}
	return nil
}
