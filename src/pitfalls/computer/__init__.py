"""The reader's computer: copies to work on, what is installed, what is needed offline."""
