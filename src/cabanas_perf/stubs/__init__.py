"""Local stand-ins for the Graph API and Mercado Pago, over real HTTP."""

from cabanas_perf.stubs.behaviour import Behaviour
from cabanas_perf.stubs.process import start_stubs
from cabanas_perf.stubs.server import StubAddress, run_stubs
from cabanas_perf.stubs.state import Recording, StubState

__all__ = ["Behaviour", "Recording", "StubAddress", "StubState", "run_stubs", "start_stubs"]
