from cabanas.nlu.analysis import Analysis
from cabanas.nlu.reading import analyze, warm_up

__all__ = ["Analysis", "analyze", "warm_up"]
