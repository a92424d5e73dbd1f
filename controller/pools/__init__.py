"""What is particular to one kind of pool and no adapter's own: one module per kind.

Used by the sections of the rollout file, the adapter of that kind and bootstrap, which chooses the
adapter by the type of the pool's settings. The core, the runner and the report know no kind of
pool, and an import contract keeps it so.
"""
