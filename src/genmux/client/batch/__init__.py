"""A batch: a file of lines, a task for each, and the journal that lets it go on after any death."""
