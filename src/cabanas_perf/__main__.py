"""``python -m cabanas_perf``: the same as the command ``cabanas-perf``."""

from cabanas_perf.cli.main import main

if __name__ == "__main__":
    main()
