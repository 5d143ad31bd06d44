{{/* What keeping a namespace takes: what plans read, what Helm does, and what tells why something does not run. */}}
{{- define "reconciler.rules" -}}
{{- range .Values.rbac.kinds }}
- apiGroups: {{ toJson .apiGroups }}
  resources: {{ toJson .resources }}
  verbs: [get, list, watch, create, patch, update, delete]
{{- end }}
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- with .Values.rbac.rules }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The locks of environments, and who of the replicas acts. */}}
{{- define "reconciler.leases" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, patch]
{{- end }}
