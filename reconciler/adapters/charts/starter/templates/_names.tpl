{{/* What never changes in the life of a release: the selector of a Deployment cannot. */}}
{{- define "starter.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of every object. They hold no version, so that a new one changes the workload and nothing else. */}}
{{- define "starter.labels" -}}
{{ include "starter.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* The ServiceAccount that the pods run as. */}}
{{- define "starter.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Release.Name }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* One probe: (dict "probe" .Values.probes.readiness) */}}
{{- define "starter.probe" -}}
httpGet:
  path: {{ .probe.path }}
  port: http
periodSeconds: {{ .probe.periodSeconds }}
{{- end }}
