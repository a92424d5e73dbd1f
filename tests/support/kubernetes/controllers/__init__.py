"""The controllers of the fake cluster: tasks that follow the store, as the real ones did."""
