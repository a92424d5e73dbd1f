{{/* Node affinity that keeps a run off the Nodes that it upgrades. The terms of an affinity are
     alternatives, the parts of a label selector are not: not all of them is one of them not.
     Takes (dict "name" NAME "selector" SELECTOR). */}}
{{- define "poolroll.elsewhere" -}}
{{- $terms := list -}}
{{- range regexFindAll "[^,(]+(\\([^)]*\\))?" .selector -1 -}}
{{- $part := trim . -}}
{{- $term := dict -}}
{{- $values := list -}}
{{- if regexMatch "^\\S+\\s+(not)?in\\s*\\(" $part -}}
{{- $key := regexFind "^\\S+" $part -}}
{{- range regexFind "\\([^)]*\\)" $part | trimAll "()" | splitList "," }}{{ $values = append $values (trim .) }}{{ end -}}
{{- $term = dict "key" $key "operator" (ternary "In" "NotIn" (regexMatch "^\\S+\\s+notin" $part)) "values" $values -}}
{{- else if contains "!=" $part -}}
{{- $sides := splitn "!=" 2 $part -}}
{{- $term = dict "key" (trim $sides._0) "operator" "In" "values" (list (trim $sides._1)) -}}
{{- else if contains "=" $part -}}
{{- $sides := splitn "=" 2 (replace "==" "=" $part) -}}
{{- $term = dict "key" (trim $sides._0) "operator" "NotIn" "values" (list (trim $sides._1)) -}}
{{- else if hasPrefix "!" $part -}}
{{- $term = dict "key" (trimPrefix "!" $part | trim) "operator" "Exists" -}}
{{- else if regexMatch "^[^\\s<>]+$" $part -}}
{{- $term = dict "key" $part "operator" "DoesNotExist" -}}
{{- else -}}
{{- fail (printf "rollouts.%s: `%s` of pool.kubernetes.nodes.selector cannot be turned into its opposite, which keeps the run off these Nodes; write it with =, in or notin" $.name $part) -}}
{{- end -}}
{{- $terms = append $terms (dict "matchExpressions" (list $term)) -}}
{{- end -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      {{- toYaml $terms | nindent 6 }}
{{- end -}}

{{/* Takes (dict "rollout" ROLLOUT). */}}
{{- define "poolroll.affinity" -}}
{{- $nodes := dig "pool" "kubernetes" "nodes" dict .rollout.known -}}
{{- $given := .rollout.entry.affinity -}}
{{- if and $nodes (not $nodes.own_last) -}}
{{- if hasKey $given "nodeAffinity" -}}
{{- fail (printf "rollouts.%s: affinity.nodeAffinity is the chart's for a pool of Nodes, to keep the run off them; use nodeSelector" .rollout.name) -}}
{{- end -}}
{{- include "poolroll.elsewhere" (dict "name" .rollout.name "selector" $nodes.selector) }}
{{- with $given }}
{{ toYaml . }}
{{- end -}}
{{- else -}}
{{- with $given }}{{ toYaml . }}{{ end -}}
{{- end -}}
{{- end -}}
