"""A batch: a file of lines, each of which becomes one task, and the journal that lets it go on after any death."""
