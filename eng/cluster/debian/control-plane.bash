# shellcheck shell=bash
# etcd, API server, controller manager, scheduler. Nothing is elected and nothing survives a restart, so both are switched
# off where they cost. Sourced after credentials.bash; $BIN is the directory of the binaries.

start_etcd() {
    start_process etcd etcd --data-dir "$RUN/etcd" --unsafe-no-fsync --log-level warn --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
}

start_api_server() {
    local keys=$RUN/keys
    start_process kube-apiserver "$BIN/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --secure-port 6443 \
        --advertise-address "$NODE_IP" --service-cluster-ip-range "$SERVICE_RANGE" --allow-privileged \
        --authorization-mode Node,RBAC --token-auth-file "$keys/tokens.csv" --client-ca-file "$keys/ca.crt" \
        --tls-cert-file "$keys/apiserver.crt" --tls-private-key-file "$keys/apiserver.key" \
        --kubelet-client-certificate "$keys/apiserver-to-kubelet.crt" --kubelet-client-key "$keys/apiserver-to-kubelet.key" \
        --kubelet-certificate-authority "$keys/ca.crt" --kubelet-preferred-address-types InternalIP \
        --requestheader-client-ca-file "$keys/front-proxy-ca.crt" --requestheader-allowed-names front-proxy-client \
        --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
        --requestheader-extra-headers-prefix X-Remote-Extra- \
        --proxy-client-cert-file "$keys/front-proxy-client.crt" --proxy-client-key-file "$keys/front-proxy-client.key" \
        --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$keys/service-account.key" \
        --service-account-signing-key-file "$keys/service-account.key" --profiling=false
    wait_for "the API server" 60 api_ready
}

api_ready() {
    nsenter --net="/run/netns/$NETNS" curl -sf -m 2 --cacert "$RUN/keys/ca.crt" "$API_URL/readyz"
}

start_controllers() {
    # No volumes, no cloud, no node ranges to hand out: those controllers only poll. nodelifecycle stays, it takes the
    # not-ready taint away. The client limits are raised so that 130 pods are created as fast as the machine can.
    local without=-nodeipam,-attachdetach,-persistentvolume-binder,-persistentvolume-expander,-pv-protection,-pvc-protection
    without+=,-route,-service,-cloud-node-lifecycle,-ttl,-ephemeral-volume
    start_process kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig "$RUN/kube-controller-manager.kubeconfig" \
        --leader-elect=false --controllers "*,$without" --node-monitor-period 1s --use-service-account-credentials --kube-api-qps 100 --kube-api-burst 200 \
        --root-ca-file "$RUN/keys/ca.crt" --service-account-private-key-file "$RUN/keys/service-account.key" --port 0 --profiling=false
    start_process kube-scheduler "$BIN/kube-scheduler" --kubeconfig "$RUN/kube-scheduler.kubeconfig" --leader-elect=false \
        --kube-api-qps 100 --kube-api-burst 200 --port 0 --profiling=false
}
