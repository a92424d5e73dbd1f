"""The fake cluster: each trap that was measured on a real control plane must bite here too."""
