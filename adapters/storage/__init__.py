"""The state folder on a local disk: journal and lock.

Belongs here: files, SQLite and `flock`, and the codecs of what is written into them. Does not
belong here: what a record means (`controller.core`), when to write one (the runner), and the
folders of running commands (`adapters.commands`).

Layout of a state folder; the names are also what a backup needs::

    journal.db              SQLite in WAL mode, with its companions journal.db-wal and -shm
    reserve                 space that is given back when the disk is full
    locks/guard             flock held for the instant in which holders are compared or changed
    locks/NAME.lock         flock held for as long as a process works on rollout NAME
    locks/NAME.json         who that is, and the pool it holds; means nothing without the flock

The folder must be on a disk of this machine: neither SQLite's WAL nor a crash-safe `flock` can be
relied on across machines that share a network filesystem.
"""
