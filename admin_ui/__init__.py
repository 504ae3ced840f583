"""Admin UI and its JSON API. (Not built yet.)"""
