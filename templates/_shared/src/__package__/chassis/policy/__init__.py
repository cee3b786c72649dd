"""What owners of this project are meant to change: settings, access, errors, logs, entities."""
