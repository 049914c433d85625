"""What is derived from the chapters: notebooks, exercises, tables of contents, slides."""
