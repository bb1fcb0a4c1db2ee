"""What a stay, its price and a reservation are. Standard library only: no I/O, no clock."""
