"""What one request of each workload is."""
