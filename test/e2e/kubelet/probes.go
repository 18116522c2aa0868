package kubelet

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// beginProbes begins to ask. Until a container's startup probe has succeeded, nothing else is asked of it.
func (l *life) beginProbes() {
	for index := range l.pod.Spec.Containers {
		container := &l.pod.Spec.Containers[index]
		if container.StartupProbe == nil {
			l.beginLater(container)
			continue
		}
		go l.probe(container, container.StartupProbe, func(err error) bool {
			if err != nil {
				l.restart(container, "startup", err)
			} else {
				l.note(container, func(known *progress) { known.started, known.ready = true, container.ReadinessProbe == nil })
				l.beginLater(container)
			}
			return true
		})
	}
}

// beginLater begins the probes of a container that has started.
func (l *life) beginLater(container *corev1.Container) {
	if container.ReadinessProbe != nil {
		go l.probe(container, container.ReadinessProbe, func(err error) bool {
			l.note(container, func(known *progress) { known.ready = err == nil })
			return false
		})
	}
	if container.LivenessProbe != nil {
		go l.probe(container, container.LivenessProbe, func(err error) bool {
			if err != nil {
				l.restart(container, "liveness", err)
			}
			return err != nil
		})
	}
}

func (l *life) note(container *corev1.Container, how func(*progress)) {
	changed := false
	l.worker.change(func(s *state) { changed = s.set(l.process, container.Name, how) })
	if changed {
		l.worker.poke()
	}
}

func (l *life) restart(container *corev1.Container, kind string, err error) {
	select {
	case l.unhealthy <- fmt.Sprintf("the %s probe of container %s: %v", kind, container.Name, err):
	default:
	}
}

// probe asks again and again, and tells what follows as often as it follows: nil after enough successes in a row, the last error
// after enough failures. It ends when what it tells says that it is enough.
func (l *life) probe(container *corev1.Container, p *corev1.Probe, tell func(error) bool) {
	if !l.wait(time.Duration(p.InitialDelaySeconds) * time.Second) {
		return
	}
	successes, failures := int32(0), int32(0)
	for {
		err := l.ask(container, p)
		if l.ctx.Err() != nil {
			return
		}
		if err == nil {
			successes, failures = successes+1, 0
		} else {
			successes, failures = 0, failures+1
		}
		enough := successes >= cmp.Or(p.SuccessThreshold, 1) || failures >= cmp.Or(p.FailureThreshold, 3)
		if enough && tell(err) || !l.wait(time.Duration(cmp.Or(p.PeriodSeconds, 10))*time.Second) {
			return
		}
	}
}

// wait says whether the containers still live after so long.
func (l *life) wait(long time.Duration) bool {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.process.Done():
	case <-l.ctx.Done():
	}
	return false
}

func (l *life) ask(container *corev1.Container, p *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(l.ctx, time.Duration(cmp.Or(p.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	switch {
	case p.Exec != nil:
		return l.execute(ctx, container.Name, p.Exec.Command)
	case p.HTTPGet != nil:
		return l.get(ctx, container, p.HTTPGet)
	case p.TCPSocket != nil:
		return l.connect(ctx, container, p.TCPSocket)
	}
	return errors.New("is of a kind that is not played")
}

func (l *life) execute(ctx context.Context, container string, command []string) error {
	var output bytes.Buffer
	code, err := l.process.Exec(ctx, container, command, nil, &output, &output)
	if err != nil {
		return fmt.Errorf("executing %s: %w", strings.Join(command, " "), err)
	}
	if code != 0 {
		return fmt.Errorf("%s ends with %d: %s", strings.Join(command, " "), code, strings.TrimSpace(output.String()))
	}
	return nil
}

// address is where a container's port is on this machine.
func (l *life) address(container *corev1.Container, host string, port intstr.IntOrString) (string, error) {
	sandbox, _ := l.worker.running()
	host = cmp.Or(host, sandbox.Address.String())
	if port.Type == intstr.Int {
		return net.JoinHostPort(host, port.String()), nil
	}
	for _, known := range container.Ports {
		if known.Name == port.StrVal {
			return net.JoinHostPort(host, strconv.Itoa(int(known.ContainerPort))), nil
		}
	}
	return "", fmt.Errorf("the container has no port %s", port.StrVal)
}

func (l *life) connect(ctx context.Context, container *corev1.Container, p *corev1.TCPSocketAction) error {
	address, err := l.address(container, p.Host, p.Port)
	if err != nil {
		return err
	}
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	return connection.Close()
}

// asker asks over HTTP as a kubelet does: on connections of its own, and without looking at certificates. Unlike a kubelet's, it
// follows no redirection, which counts as a success in any case.
var asker = http.Client{
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as kubelets do
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (l *life) get(ctx context.Context, container *corev1.Container, p *corev1.HTTPGetAction) error {
	address, err := l.address(container, p.Host, p.Port)
	if err != nil {
		return err
	}
	scheme := strings.ToLower(string(cmp.Or(p.Scheme, corev1.URISchemeHTTP)))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+"/"+strings.TrimPrefix(p.Path, "/"), http.NoBody)
	if err != nil {
		return fmt.Errorf("asking over HTTP: %w", err)
	}
	request.Header.Set("User-Agent", "kube-probe/1.34")
	for _, header := range p.HTTPHeaders {
		if strings.EqualFold(header.Name, "Host") {
			request.Host = header.Value
		}
		request.Header.Add(header.Name, header.Value)
	}
	answer, err := asker.Do(request)
	if err != nil {
		return fmt.Errorf("asking over HTTP: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode >= 400 {
		return fmt.Errorf("%s answers %s", p.Path, answer.Status)
	}
	return nil
}
