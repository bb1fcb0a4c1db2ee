"""Guests who all want one cabin in the same four weeks."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from reservation import ReservationUser

from cabanas_perf.load.demand import Wish, business_today, make_wish

_FIRST_DAY_AHEAD, _DAYS = 30, 28


class ContentionUser(ReservationUser):
    def _wish(self) -> Wish:
        wish = make_wish(self.cabins[:1], business_today(), random)
        check_in = business_today() + timedelta(days=_FIRST_DAY_AHEAD + random.randrange(_DAYS))
        return replace(wish, check_in=check_in, check_out=check_in + (wish.check_out - wish.check_in))
