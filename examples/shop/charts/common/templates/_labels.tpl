{{/* What never changes in the life of a release: the selector of a Deployment or StatefulSet cannot. */}}
{{- define "common.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of every object. They hold no version, so that a new one changes the workload and nothing else. */}}
{{- define "common.labels" -}}
{{ include "common.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: shop
{{- end }}
