{{/* Of all objects of one rollout. A CronJob's name may have 52 characters: its Jobs get 11 more.
     Takes (dict "root" $ "name" NAME). */}}
{{- define "poolroll.fullname" -}}
{{- $name := printf "%s-%s" .root.Release.Name .name -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "rollouts.%s: %s is longer than 52 characters, and names a CronJob; give the release or the rollout a shorter name" .name $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "poolroll.selector" -}}
app.kubernetes.io/name: poolroll
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .name }}
poolroll.dev/rollout: {{ . }}
{{- end }}
{{- end -}}

{{/* Takes (dict "root" $ "name" NAME "more" LABELS), the last two where there are any. */}}
{{- define "poolroll.labels" -}}
{{- $own := include "poolroll.selector" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- merge $own (.more | default dict) .root.Values.labels | toYaml -}}
{{- end -}}

{{- define "poolroll.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}
{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}
