"""What all views share: the request, files, downloads, mail, where to go next."""
