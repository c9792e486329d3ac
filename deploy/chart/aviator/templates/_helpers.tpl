{{/* The start of every object's name. 40 characters leave room for what follows. */}}
{{- define "aviator.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that never change: what selects the pods of a component. Takes (dict "root" $ "component" "agent"). */}}
{{- define "aviator.selector" -}}
app.kubernetes.io/name: aviator
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "aviator.labels" -}}
{{ include "aviator.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Takes (dict "root" $ "image" .Values.agent.image). */}}
{{- define "aviator.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{- define "aviator.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where a component's pods run. Takes (dict "priorityClassName" … "nodeSelector" … "tolerations" … "affinity" …). */}}
{{- define "aviator.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A container that writes nothing, gains nothing and may do nothing but what it needs no right for. */}}
{{- define "aviator.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Asked at the container's port named http. Takes the seconds that a start may last. */}}
{{- define "aviator.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http, scheme: HTTP}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http, scheme: HTTP}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http, scheme: HTTP}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
{{- end -}}

{{/* Settings that all programs know. */}}
{{- define "aviator.commonSettings" -}}
Logging__LogLevel__Default: {{ .Values.logLevel | quote }}
{{- with .Values.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "aviator.leaseName" -}}
{{ include "aviator.fullname" . }}-controller
{{- end -}}

{{- define "aviator.autoscalingName" -}}
{{ include "aviator.fullname" . }}-autoscaling
{{- end -}}

{{/* "15s" or "1m30s" in seconds. The schema lets nothing else through. */}}
{{- define "aviator.seconds" -}}
{{- $minutes := regexFind "^[0-9]+m" . | trimSuffix "m" | default "0" | int -}}
{{- $seconds := regexFind "[0-9]+s$" . | trimSuffix "s" | default "0" | int -}}
{{- add (mul $minutes 60) $seconds -}}
{{- end -}}

{{/* The same as the programs' own settings want it: 00:01:30. */}}
{{- define "aviator.timeSpan" -}}
{{- $total := include "aviator.seconds" . | int -}}
{{- printf "%02d:%02d:%02d" (div $total 3600) (mod (div $total 60) 60) (mod $total 60) -}}
{{- end -}}

{{/* The Secret of the chart's own Redis. */}}
{{- define "aviator.redisSecret" -}}
{{- .Values.redis.internal.existingSecret | default (printf "%s-redis" (include "aviator.fullname" .)) -}}
{{- end -}}

{{/* Variables by which controller and agent find Redis, from a dict of root and component. $(NAME) is filled in by the kubelet. */}}
{{- define "aviator.redisVariables" -}}
{{- $root := .root -}}
{{- $redis := $root.Values.redis -}}
{{- if eq $redis.mode "external" }}
{{- $key := $redis.external.key }}
{{- if eq .component "agent" }}{{ $key = $redis.external.agentKey | default $key }}{{ end }}
- name: ConnectionStrings__redis
  valueFrom:
    secretKeyRef: {name: {{ required "redis.external.existingSecret: name the Secret that holds the connection string" $redis.external.existingSecret }}, key: {{ $key }}}
{{- else if eq $redis.mode "internal" }}
{{- $service := printf "%s-redis" (include "aviator.fullname" $root) }}
{{- $address := printf "%s.%s.svc:6379" $service $root.Release.Namespace }}
{{- if eq $redis.internal.discovery "environment" }}
{{- $variable := $service | upper | replace "-" "_" | replace "." "_" }}
{{- $address = printf "$(%s_SERVICE_HOST):$(%s_SERVICE_PORT)" $variable $variable }}
{{- end }}
- name: AVIATOR_REDIS_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ include "aviator.redisSecret" $root }}, key: {{ .component }}-password}
- name: ConnectionStrings__redis
  value: "{{ $address }},user=aviator-{{ .component }},password=$(AVIATOR_REDIS_PASSWORD)"
{{- end }}
{{- end -}}

{{/* Whether agents carry orders out: "true" or "". Without capabilities, as for the probe alone, they could not. */}}
{{- define "aviator.agentSteers" -}}
{{- if and .Values.agent.steering.enabled (ne .Values.agent.source "probe") }}true{{ end }}
{{- end }}

{{/* Where the agent's container has the node's BPF file system. */}}
{{- define "aviator.bpfFolder" -}}
/host/sys/fs/bpf
{{- end }}
