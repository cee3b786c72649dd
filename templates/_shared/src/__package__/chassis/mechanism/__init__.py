"""What owners of this project need not read, nor change."""
