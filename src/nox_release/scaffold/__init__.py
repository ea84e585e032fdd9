"""The files a project needs to be released with this tool, written for that project."""
