{{/*
The rights to hand Services back, for the watchdog and for the Job before an uninstall: an account, what it works on, and the Lease.
Takes (dict "root" $ "component" "watchdog" "hook" false). As a hook, the objects come before the Job that needs them, and go further: the Lease is
taken from the controllers, and bound to their Deployment; the policies lose their finalizer.
*/}}
{{- define "aviator.releasingRights" -}}
{{- $root := .root }}
{{- $name := printf "%s-%s" (include "aviator.fullname" $root) .component }}
{{- $subject := printf "[{kind: ServiceAccount, name: %s, namespace: %s}]" $name $root.Release.Namespace }}
{{- $kind := ternary "Role" "ClusterRole" (ne $root.Values.watchNamespace "") }}
{{- $metadata := printf "labels: %s" (include "aviator.labels" (dict "root" $root "component" .component) | nindent 4) }}
{{- if .hook }}
{{- $metadata = printf "%s\n  annotations: {helm.sh/hook: pre-delete, helm.sh/hook-weight: \"-5\", helm.sh/hook-delete-policy: \"before-hook-creation,hook-succeeded\"}" $metadata }}
{{- end }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  {{ $metadata }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  {{- with $root.Values.watchNamespace }}
  namespace: {{ . }}
  {{- end }}
  {{ $metadata }}
rules:
  - apiGroups: [aviator.example.com]
    resources: [aviatorpolicies]
    verbs: {{ ternary "[get, list, patch]" "[get, list]" .hook }}
  - apiGroups: [aviator.example.com]
    resources: [aviatorpolicies/status]
    verbs: [patch]
  - apiGroups: [""]
    resources: [services]
    verbs: [list, watch, patch]
  - apiGroups: [""]
    resources: [services/finalizers]
    verbs: [update]
  - apiGroups: [""]
    resources: [pods]
    verbs: [list, watch]
  - apiGroups: [discovery.k8s.io]
    resources: [endpointslices]
    verbs: [list, watch, create, update, delete]
  {{- if not .hook }}
  - apiGroups: [""]
    resources: [events]
    verbs: [get, create, patch]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $name }}
  {{- with $root.Values.watchNamespace }}
  namespace: {{ . }}
  {{- end }}
  {{ $metadata }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: {{ $kind }}, name: {{ $name }}}
subjects: {{ $subject }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ $name }}-nodes
  {{ $metadata }}
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $name }}-nodes
  {{ $metadata }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $name }}-nodes}
subjects: {{ $subject }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}-lease
  namespace: {{ $root.Release.Namespace }}
  {{ $metadata }}
rules:
  {{- if .hook }}
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [create]
  - apiGroups: [apps]
    resources: [deployments]
    resourceNames: [{{ include "aviator.fullname" $root }}-controller]
    verbs: [get]
  {{- end }}
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [{{ include "aviator.leaseName" $root }}]
    verbs: {{ ternary (list "get" "patch") (list "get" "list" "watch") .hook | toJson }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}-lease
  namespace: {{ $root.Release.Namespace }}
  {{ $metadata }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}-lease}
subjects: {{ $subject }}
{{- end -}}
