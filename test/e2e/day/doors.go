package day

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/loopback"
	"jitsi-meet-azure/test/e2e/report"
)

// doors asks a proxy what it makes of each shard; nil where none answers.
func (w *World) doors(ctx context.Context) map[string]report.DoorState {
	drained := map[string]bool{}
	namespace := naming.Names{}.FrontDoorNamespace()
	if stored, err := w.client.CoreV1().ConfigMaps(namespace).Get(ctx, config.DrainedConfigMap, metav1.GetOptions{}); err == nil {
		for shard := range stored.Data {
			drained[shard] = true
		}
	}
	for number := range w.settings.FrontDoor.Replicas {
		sandbox, _, runs := w.pods.Running(namespace, config.StatefulSetName+"-"+strconv.Itoa(number))
		if !runs {
			continue
		}
		address := net.JoinHostPort(loopback.Of(sandbox.Address).String(), strconv.Itoa(config.DefaultPorts().Metrics))
		text, err := read(ctx, "http://"+address+"/verdicts")
		if err != nil {
			continue
		}
		return verdicts(text, drained)
	}
	return nil
}

var verdict = regexp.MustCompile(`(\w+)=(up|down)`)

func verdicts(text string, drained map[string]bool) map[string]report.DoorState {
	states := map[string]report.DoorState{}
	for _, found := range verdict.FindAllStringSubmatch(text, -1) {
		switch shard := found[1]; {
		case found[2] == "down":
			states[shard] = report.DoorDown
		case drained[shard]:
			states[shard] = report.DoorDraining
		default:
			states[shard] = report.DoorUp
		}
	}
	return states
}

// read fetches a short text.
func read(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return string(text), err
}

// countWebs counts each shard's web servers, which share its load.
func (w *World) countWebs(ctx context.Context) map[string]int {
	webs := map[string]int{}
	for shard := range w.shards {
		pods, err := w.client.CoreV1().Pods(naming.Names{}.ShardNamespace(shard)).List(ctx, metav1.ListOptions{
			LabelSelector: names.NameLabel + "=" + names.Web, ResourceVersion: "0",
		})
		if err != nil {
			return nil
		}
		webs[shard] = len(pods.Items)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.webs = webs
	return webs
}
