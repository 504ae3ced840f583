"""The console: admin UI and its JSON API. It mounts the routes of other packages and never imports them."""
