"""The providers that the service talks to: the WhatsApp Cloud API and Mercado Pago."""
