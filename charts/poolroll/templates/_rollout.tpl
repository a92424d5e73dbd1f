{{/* One entry of `rollouts` with what `defaults` says besides, as JSON: a key of the entry goes
     first, also where it is false or 0. Takes (dict "root" $ "name" NAME). */}}
{{- define "poolroll.entry" -}}
{{- $entry := deepCopy .root.Values.defaults | merge (dict "ssh" dict) -}}
{{- range $key, $value := get .root.Values.rollouts .name -}}
{{- $_ := set $entry $key $value -}}
{{- end -}}
{{- $given := 0 -}}
{{- if $entry.file }}{{ $given = add1 $given }}{{ end -}}
{{- if $entry.configMap }}{{ $given = add1 $given }}{{ end -}}
{{- if ne (int $given) 1 -}}
{{- fail (printf "rollouts.%s: give the rollout file as `file`, or where it is as `configMap`: one of them" .name) -}}
{{- end -}}
{{- toJson $entry -}}
{{- end -}}

{{/* What the chart has to know of a rollout file, as JSON: the file, or `outline`. */}}
{{- define "poolroll.known" -}}
{{- $known := .entry.outline | default dict -}}
{{- if .entry.file -}}
{{- $known = .entry.file -}}
{{- if kindIs "string" $known }}{{ $known = fromYaml $known }}{{ end -}}
{{- with $known.Error }}{{ fail (printf "rollouts.%s.file: this is not YAML: %s" $.name .) }}{{ end -}}
{{- if ne (toString $known.name) .name -}}
{{- fail (printf "rollouts.%s: its rollout file says `name: %v`; both must be the same, since state and lock go by it" .name $known.name) -}}
{{- end -}}
{{- end -}}
{{- with dig "pool" "kubernetes" dict $known -}}
{{- range list "context" "kubeconfig" -}}
{{- if hasKey (dig "pool" "kubernetes" dict $known) . -}}
{{- fail (printf "rollouts.%s: leave pool.kubernetes.%s out of its rollout file: a run in the cluster is that of its ServiceAccount" $.name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $known -}}
{{- end -}}

{{/* Where journal, history and locks are. */}}
{{- define "poolroll.stateNamespace" -}}
{{- dig "state" "kubernetes" "namespace" .root.Release.Namespace .known -}}
{{- end -}}

{{/* All that templates ask of a rollout, as JSON: root is left out, since it is no value. */}}
{{- define "poolroll.rollout" -}}
{{- $entry := include "poolroll.entry" . | fromJson -}}
{{- $known := include "poolroll.known" (dict "name" .name "entry" $entry) | fromJson -}}
{{- $fullname := include "poolroll.fullname" . -}}
{{- $account := $fullname -}}
{{- if not $entry.serviceAccount.create }}{{ $account = $entry.serviceAccount.name | default "default" }}{{ end -}}
{{- $state := include "poolroll.stateNamespace" (dict "root" .root "known" $known) -}}
{{- toJson (dict "name" .name "fullname" $fullname "entry" $entry "known" $known "account" $account "state" $state) -}}
{{- end -}}
