package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/signalling/names"
)

// kubectl is the way to the cluster.
type kubectl interface {
	// run runs kubectl with the given input and returns what it prints.
	run(ctx context.Context, input string, arguments ...string) (string, error)
}

// command runs the real kubectl.
type command struct {
	// context is the kubeconfig context; empty is the current one.
	context string
}

// callTimeout bounds one call, so that a cluster that does not answer is reported and tried again. Deleting a pod takes
// as long as the pod takes to stop, at most a minute.
const callTimeout = 3 * time.Minute

func (c *command) run(ctx context.Context, input string, arguments ...string) (string, error) {
	if c.context != "" {
		arguments = append([]string{"--context", c.context}, arguments...)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	process := exec.CommandContext(ctx, "kubectl", arguments...)
	process.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	process.Stderr = &problems
	output, err := process.Output()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(problems.String()))
	}
	return string(output), nil
}

// get reads one object or list.
func get[T any](ctx context.Context, k kubectl, arguments ...string) (T, error) {
	var object T
	text, err := k.run(ctx, "", append([]string{"get", "--output=json"}, arguments...)...)
	if err != nil {
		return object, err
	}
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return object, fmt.Errorf("reading kubectl get %s: %w", strings.Join(arguments, " "), err)
	}
	return object, nil
}

// in gives the arguments of a command about one namespace.
func in(namespace string, arguments ...string) []string {
	return append([]string{"--namespace=" + namespace}, arguments...)
}

// execute runs a program inside a container.
func execute(ctx context.Context, k kubectl, namespace, pod, container, input string, program ...string) (string, error) {
	arguments := []string{"exec"}
	if input != "" {
		arguments = append(arguments, "--stdin")
	}
	arguments = append(append(arguments, in(namespace, pod, "--container="+container, "--")...), program...)
	return k.run(ctx, input, arguments...)
}

const shardLabel = "meet.jitsi/shard"

// shards are the names of the cluster's shards, sorted.
func (o *operator) shards(ctx context.Context) ([]string, error) {
	namespaces, err := get[corev1.NamespaceList](ctx, o.kubectl, "namespaces", "--selector="+shardLabel)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, namespace := range namespaces.Items {
		found = append(found, namespace.Labels[shardLabel])
	}
	slices.Sort(found)
	return found, nil
}

func (o *operator) requireShard(ctx context.Context, shard string) error {
	shards, err := o.shards(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(shards, shard) {
		return fmt.Errorf("the cluster has no shard %q; it has %s", shard, strings.Join(shards, ", "))
	}
	return nil
}

// singleton is the state of a shard's Prosody or Jicofo.
type singleton struct {
	service string
	// exists says that there is a pod; ready that it serves.
	exists, ready bool
	// uid tells a pod from its successor of the same name.
	uid string
	// started is when the pod was created.
	started time.Time
	// current says that the pod was made from the template that is deployed now.
	current bool
}

func (o *operator) singletons(ctx context.Context, shard string) ([]singleton, error) {
	var found []singleton
	for _, service := range names.Singletons() {
		state, err := o.singleton(ctx, shard, service)
		if err != nil {
			return nil, err
		}
		found = append(found, state)
	}
	return found, nil
}

func (o *operator) singleton(ctx context.Context, shard, service string) (singleton, error) {
	set, err := get[appsv1.StatefulSet](ctx, o.kubectl, in(shardNamespace(shard), "statefulset", service)...)
	if err != nil {
		return singleton{}, err
	}
	pods, err := get[corev1.PodList](ctx, o.kubectl, in(shardNamespace(shard), "pods", "--selector="+names.NameLabel+"="+service)...)
	if err != nil {
		return singleton{}, err
	}
	for _, pod := range pods.Items {
		if pod.Name == names.SingletonPod(service) && pod.DeletionTimestamp == nil {
			return singleton{
				service: service,
				exists:  true,
				ready:   isReady(&pod),
				uid:     string(pod.UID),
				started: pod.CreationTimestamp.Time,
				current: pod.Labels[appsv1.ControllerRevisionHashLabelKey] == set.Status.UpdateRevision,
			}, nil
		}
	}
	return singleton{service: service}, nil
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

// until looks again and again until the condition holds. What is not so yet is said once; an error of the cluster's is
// said and outlived, because a wait of hours must not end with one lost connection.
func (o *operator) until(ctx context.Context, what string, condition func(context.Context) (missing string, err error)) error {
	last := ""
	for {
		missing, err := condition(ctx)
		if err == nil && missing == "" {
			return nil
		}
		if err != nil {
			missing = err.Error()
		}
		if missing != last {
			o.say("waiting %s: %s", what, missing)
			last = missing
		}
		if err := o.pause(ctx); err != nil {
			return errors.Join(fmt.Errorf("gave up waiting %s: %s", what, last), err)
		}
	}
}
