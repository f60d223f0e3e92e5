"""What Core bank has to keep."""
