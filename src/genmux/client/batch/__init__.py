"""A batch: a file of lines, a task for each, and the journal that lets it go on after any death.

The file is read by `entries` (its rows), `cells` (of CSV), `lines` (what one asks for), `plan` (links and
keys) and `loading` (the files that lines name); what is wrong is a fault (`faults`).
What has happened is in the `manifest`, which `journal` keeps on disk; `arrangement` puts the lines beside
it, with the file names that `naming` gives them, and `rehearsal` asks the endpoint about those to be made.
A run is a `course`: `turns` says which line may begin, `decision` what is to be done for it, `ledger` where
it stands, `uplink` reaches the endpoint, `results` brings the files home, and `tally` counts.
"""
