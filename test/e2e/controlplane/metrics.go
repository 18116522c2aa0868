package controlplane

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/cert"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// UsageFunc is the processor time that a running pod takes, in thousandths of a processor. Where it is not known the pod is not
// reported, as metrics-server does.
type UsageFunc func(pod *corev1.Pod) (milliCPU int64, known bool)

// metrics is what metrics-server is in a cluster: the API metrics.k8s.io, for processor time only.
type metrics struct {
	client  kubernetes.Interface
	serving sync.WaitGroup

	mutex sync.Mutex
	usage UsageFunc
}

// Usage says what the metrics API answers, which the autoscaler of pods reads. Before, nothing is known of any pod.
func (c *ControlPlane) Usage(usage UsageFunc) {
	c.metrics.mutex.Lock()
	defer c.metrics.mutex.Unlock()
	c.metrics.usage = usage
}

// serve serves until the context ends and returns the port.
func (m *metrics) serve(ctx context.Context, client kubernetes.Interface) (uint16, error) {
	m.client = client
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		return 0, fmt.Errorf("its certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return 0, fmt.Errorf("its certificate: %w", err)
	}
	listener, err := listen(ctx, 0)
	if err != nil {
		return 0, fmt.Errorf("its port: %w", err)
	}
	server := &http.Server{
		Handler: m.handler(), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	m.serving.Go(func() { _ = server.ServeTLS(listener, "", "") })
	context.AfterFunc(ctx, func() { _ = server.Close() })
	local, _ := listener.Addr().(*net.TCPAddr)
	return local.AddrPort().Port(), nil
}

// wait waits until nothing is served any more.
func (m *metrics) wait() { m.serving.Wait() }

func (m *metrics) handler() http.Handler {
	base := "GET /apis/" + metricsv1beta1.SchemeGroupVersion.String()
	routes := http.NewServeMux()
	routes.HandleFunc(base, answers(m.discovery))
	routes.HandleFunc(base+"/pods", answers(m.pods))
	routes.HandleFunc(base+"/namespaces/{namespace}/pods", answers(m.pods))
	routes.HandleFunc(base+"/namespaces/{namespace}/pods/{name}", answers(m.pod))
	routes.HandleFunc(base+"/nodes", answers(m.nodes))
	routes.HandleFunc(base+"/nodes/{name}", answers(m.node))
	return routes
}

// answers writes what a function returns, or the error as the API server writes one.
func answers(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		object, err := answer(r)
		w.Header().Set("Content-Type", runtime.ContentTypeJSON)
		if err != nil {
			var known *apierrors.StatusError
			if !errors.As(err, &known) {
				known = apierrors.NewInternalError(err)
			}
			status := known.Status()
			status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
			w.WriteHeader(int(status.Code))
			object = status
		}
		_ = json.NewEncoder(w).Encode(object)
	}
}

func (m *metrics) discovery(*http.Request) (any, error) {
	verbs := metav1.Verbs{"get", "list"}
	return metav1.APIResourceList{
		TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: metricsv1beta1.SchemeGroupVersion.String(),
		APIResources: []metav1.APIResource{
			{Name: "pods", Kind: "PodMetrics", Namespaced: true, Verbs: verbs},
			{Name: "nodes", Kind: "NodeMetrics", Verbs: verbs},
		},
	}, nil
}
