r"""All users in one file.

locust -f scenarios/users/load_test_suite.py --headless -u 100 -r 10 -t 5m --host http://localhost:8000 \
      --user-classes ReservationUser:70,WhatsAppWebhookUser:20,MercadoPagoWebhookUser:10
"""

from __future__ import annotations

# Plain Locust has this folder on its path only while it loads this file, which is long enough.
from mercadopago import MercadoPagoWebhookUser
from reservation import ReservationUser
from whatsapp import WhatsAppWebhookUser

__all__ = ["MercadoPagoWebhookUser", "ReservationUser", "WhatsAppWebhookUser"]
