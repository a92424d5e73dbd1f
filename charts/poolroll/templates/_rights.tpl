{{/* `statefulset/web` or `nodes/role=web` as a part of a name, as the program makes it.
     Takes (dict "kind" KIND "of" NAME). */}}
{{- define "poolroll.slug" -}}
{{- $given := printf "%s-%s" .kind .of -}}
{{- $plain := regexReplaceAll "[^a-z0-9-]" (lower $given) "-" -}}
{{- if and (eq $plain $given) (le (len $plain) 200) (not (hasSuffix "-" $plain)) -}}
{{- $plain -}}
{{- else -}}
{{- printf "%s-%s" (trunc 200 $plain) (printf "%s/%s" .kind .of | sha256sum | trunc 8) -}}
{{- end -}}
{{- end -}}

{{/* The Roles of a rollout, as a YAML list of {namespace, part, rules}; namespace "" is the
     cluster. files/rights.yaml comes from the code behind `poolroll rbac`.
     Takes (dict "root" $ "rollout" ROLLOUT). */}}
{{- define "poolroll.roles" -}}
{{- $known := .rollout.known -}}
{{- $name := .rollout.name -}}
{{- $pool := dig "pool" "kubernetes" dict $known -}}
{{- $own := $pool.namespace | default .root.Release.Namespace -}}
{{- $text := .root.Files.Get "files/rights.yaml" | replace "(rollout)" $name -}}
{{- $roles := list -}}
{{- if $pool.nodes -}}
{{- $lease := include "poolroll.slug" (dict "kind" "nodes" "of" $pool.nodes.selector) -}}
{{- $rights := ($text | replace "(pool)" $lease | fromYaml).nodes -}}
{{- $roles = list (dict "namespace" "" "part" "nodes" "rules" $rights.nodes) (dict "namespace" $rights.namespace "part" "pool" "rules" $rights.pool) -}}
{{- if hasKey ($known.upgrade | default dict) "job" -}}
{{- $roles = append $roles (dict "namespace" $own "part" "jobs" "rules" $rights.jobs) -}}
{{- end -}}
{{- else if $pool.service -}}
{{- $parts := splitn "/" 2 ($pool.workload | default "") -}}
{{- if not (and (has $parts._0 (list "statefulset" "daemonset" "deployment")) $parts._1) -}}
{{- fail (printf "rollouts.%s: write pool.kubernetes.workload into its rollout file (statefulset/NAME, daemonset/NAME or deployment/NAME): the Role names it" $name) -}}
{{- end -}}
{{- if not (has $pool.rotation (list "label" "selector" "delete")) -}}
{{- fail (printf "rollouts.%s: write pool.kubernetes.rotation into its rollout file (label, selector or delete): the Role depends on it, and `poolroll plan` says which one works" $name) -}}
{{- end -}}
{{- $lease := include "poolroll.slug" (dict "kind" $parts._0 "of" $parts._1) -}}
{{- $rights := $text | replace "(pool)" $lease | replace "(service)" $pool.service | replace "(workload)" $parts._1 | fromYaml -}}
{{- $rules := get (get $rights.pods $parts._0) $pool.rotation -}}
{{- $roles = list (dict "namespace" $own "part" "pool" "rules" $rules) -}}
{{- else if not (dig "pool" "haproxy" false $known) -}}
{{- fail (printf "rollouts.%s: nothing says which pool it is for: with `configMap`, write pool into `outline` (see values.yaml)" $name) -}}
{{- end -}}
{{- $rules := (fromYaml $text).state -}}
{{- if or $known.snapshot $known.prepare -}}
{{- $rules = concat $rules (fromYaml $text).notes -}}
{{- end -}}
{{- $state := dict "namespace" .rollout.state "part" "state" "rules" $rules -}}
{{- toYaml (append $roles $state) -}}
{{- end -}}
