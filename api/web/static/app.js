// Makes the page nicer to use; without it everything works.
