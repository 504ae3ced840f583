"""What leaves the installation by itself: alerts to people, audit events to other systems. Ids and figures only."""
