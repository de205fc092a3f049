{{- define "muster.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "muster.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "muster.labels" -}}
{{ include "muster.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The consumer groups begin with this. */}}
{{- define "muster.group" -}}
{{ .Values.config.group | default "muster" }}
{{- end }}

{{/* Whether this release uploads. */}}
{{- define "muster.uploads" -}}
{{- if or (not .Values.config.stages) (has "uploader" .Values.config.stages) }}true{{ end }}
{{- end }}

{{/* The keys of muster.yaml that the chart sets, as YAML. */}}
{{- define "muster.owned" -}}
state_dir: /var/lib/muster
user_key_secret_file: /etc/muster/secrets/user-key
http: {listen: "0.0.0.0:8080"}
{{- if .Values.secrets.pageToken.existingSecret }}
page: {listen: "0.0.0.0:8081", token_file: /etc/muster/secrets/page-token}
{{- else }}
page: {listen: "off"}
{{- end }}
{{- if or (include "muster.uploads" .) .Values.secrets.facebookApp.existingSecret }}
facebook:
  {{- if include "muster.uploads" . }}
  access_token_file: /etc/muster/secrets/facebook-token
  {{- end }}
  {{- if .Values.secrets.facebookApp.existingSecret }}
  app_secret_file: /etc/muster/secrets/app-secret
  {{- end }}
{{- end }}
{{- if or .Values.secrets.kafkaPassword.existingSecret .Values.secrets.kafkaCA.existingSecret .Values.secrets.kafkaClient.existingSecret }}
kafka:
  {{- if .Values.secrets.kafkaPassword.existingSecret }}
  sasl: {password_file: /etc/muster/secrets/kafka-password}
  {{- end }}
  {{- if or .Values.secrets.kafkaCA.existingSecret .Values.secrets.kafkaClient.existingSecret }}
  tls:
    enabled: true
    {{- if .Values.secrets.kafkaCA.existingSecret }}
    ca_file: /etc/muster/secrets/kafka-ca.crt
    {{- end }}
    {{- if .Values.secrets.kafkaClient.existingSecret }}
    cert_file: /etc/muster/secrets/kafka-client.crt
    key_file: /etc/muster/secrets/kafka-client.key
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* muster.yaml: what is configured, and over it what the chart sets. */}}
{{- define "muster.config" -}}
{{ mergeOverwrite (deepCopy .Values.config) (include "muster.owned" . | fromYaml) | toYaml }}
{{- end }}
